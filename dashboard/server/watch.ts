/** Checks repeatedly for changes while there is a listener. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog } from './events.ts';
import type { StudyReader } from './studies.ts';

/** Shortest pause after a check, as a multiple of its duration: checks take at most a tenth of a core. */
const PAUSE = 9;

const watchedKinds = ['runs', 'notes', 'analyses', 'experiments'] as const;

export interface Watched {
  readonly log: Pick<EventLog, 'add'>;
  /** Adds events to the log by itself. */
  readonly studies: StudyReader;
  /** For each kind a function whose text changes with anything of that kind. */
  readonly fingerprints: Readonly<Record<(typeof watchedKinds)[number], () => Promise<string>>>;
  /** Shortest pause between two checks. */
  readonly intervalMs: number;
}

export class Watcher {
  readonly #watched: Watched;
  #stop: AbortController | null = null;
  readonly #known = new Map<string, string>();

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** Starts or stops the checks. */
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
      // A failed check is repeated with the next one.
      await this.#look().catch(() => {});
      // Slow checks become rare, so that they leave most of a core to others.
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
