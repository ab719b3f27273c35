/** Looks again and again whether anything changed, for as long as somebody listens. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog } from './events.ts';
import type { StudyReader } from './studies.ts';

const watchedKinds = ['runs', 'notes', 'analyses'] as const;

export interface Watched {
  readonly log: EventLog;
  /** Writes to the log by itself. */
  readonly studies: StudyReader;
  /** Each gives a text that differs when something of its kind changed. */
  readonly fingerprints: Readonly<Record<(typeof watchedKinds)[number], () => Promise<string>>>;
  /** Pause between two looks. */
  readonly intervalMs: number;
}

export class Watcher {
  readonly #watched: Watched;
  #listeners = 0;
  #stop = new AbortController();
  readonly #known = new Map<string, string>();

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** @returns says that this listener has gone */
  join(): () => void {
    this.#listeners += 1;
    if (this.#listeners === 1) {
      this.#stop = new AbortController();
      void this.#run(this.#stop.signal);
    }
    let isIn = true;
    return () => {
      if (isIn) this.#listeners -= 1;
      isIn = false;
      if (this.#listeners === 0) this.#stop.abort();
    };
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { intervalMs } = this.#watched;
    while (!signal.aborted) {
      // What cannot be read at this moment may be readable at the next.
      await this.#look().catch(() => {});
      await sleep(intervalMs, undefined, { signal }).catch(() => {});
    }
  }

  async #look(): Promise<void> {
    const { log, studies, fingerprints } = this.#watched;
    await studies.refresh();
    for (const kind of watchedKinds) {
      const fingerprint = await fingerprints[kind]();
      const known = this.#known.get(kind);
      this.#known.set(kind, fingerprint);
      if (known !== undefined && known !== fingerprint) log.add({ kind });
    }
  }
}
