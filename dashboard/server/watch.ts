/** Checks repeatedly for changes while there is a listener. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog } from './events.ts';
import type { StudyReader } from './studies.ts';

/** Pause after a look, in times that it took. */
const PAUSE = 9;

const watchedKinds = ['runs', 'notes', 'analyses'] as const;

export interface Watched {
  readonly log: Pick<EventLog, 'add'>;
  /** Writes to the log by itself. */
  readonly studies: StudyReader;
  /** Each gives a text that differs when something of its kind changed. */
  readonly fingerprints: Readonly<Record<(typeof watchedKinds)[number], () => Promise<string>>>;
  /** Pause between two looks. */
  readonly intervalMs: number;
}

export class Watcher {
  readonly #watched: Watched;
  #stop: AbortController | null = null;
  readonly #known = new Map<string, string>();

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** Begins or ends to look, if that is not so already. */
  watch(isOn: boolean): void {
    if (isOn === (this.#stop !== null)) return;
    this.#stop?.abort();
    this.#stop = isOn ? new AbortController() : null;
    if (this.#stop !== null) void this.#run(this.#stop.signal);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { intervalMs } = this.#watched;
    while (!signal.aborted) {
      const began = performance.now();
      // What cannot be read at this moment may be readable at the next.
      await this.#look().catch(() => {});
      // Where a look takes long, looks are rare: they leave most of a core to others.
      const pauseMs = Math.max(intervalMs, PAUSE * (performance.now() - began));
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
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
