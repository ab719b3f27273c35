/** A log of recent events with ids, so that a page can resume after a lost connection. */
import type { Happening } from '../api.ts';

/** Number of kept events. A page that missed more gets a `reset`. */
const KEPT = 500;

export interface NumberedHappening {
  /** Id of this log, followed by the number of the event, counted from 1. */
  readonly id: string;
  readonly happening: Happening;
}

export class EventLog {
  /** Distinguishes the events of this process from those of an earlier one. */
  readonly #name: string;
  #events: NumberedHappening[] = [];
  #count = 0;
  readonly #listeners = new Set<() => void>();

  constructor(name: string) {
    this.#name = name;
  }

  add(happening: Happening): void {
    this.#count += 1;
    this.#events.push({ id: this.#idOf(this.#count), happening });
    if (this.#events.length > KEPT) this.#events = this.#events.slice(-KEPT);
    for (const listener of this.#listeners) listener();
  }

  /** @param listener called after each addition @returns removes the listener */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Id of the newest event. Its number is 0 before the first event. */
  get lastId(): string {
    return this.#idOf(this.#count);
  }

  /** Events after an id; a `reset` if the id is of another log, or too old. */
  after(id: string): readonly NumberedHappening[] {
    const [name, digits] = [id.slice(0, id.lastIndexOf('-')), id.slice(id.lastIndexOf('-') + 1)];
    const number = /^\d+$/.test(digits) ? Number(digits) : NaN;
    const oldest = this.#count - this.#events.length;
    if (name !== this.#name || !(number >= oldest && number <= this.#count)) {
      return [{ id: this.lastId, happening: { kind: 'reset' } }];
    }
    return this.#events.slice(number - oldest);
  }

  #idOf(number: number): string {
    return `${this.#name}-${number}`;
  }
}
