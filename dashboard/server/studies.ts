/** Reads studies while others write them: every trial once, and from then on what changed. */
import { databaseAddress, openStorage, storageExists } from '../../search/storage/index.ts';
import type { RunningTrial, Storage, StudyDefinition } from '../../search/storage/storage.ts';
import { describeOwner } from '../../search/owner.ts';
import { StudyError } from '../../search/study-error.ts';
import { bestOf, type StudySnapshot } from '../../search/study.ts';
import { durationSeconds, type FrozenTrial, type TrialState } from '../../search/trial.ts';
import type { StudySummary } from '../api.ts';

interface KnownStudy {
  definition: StudyDefinition;
  /** By number. */
  trials: FrozenTrial[];
  revision: number;
  running: readonly RunningTrial[];
}

/** A study that was asked for and that there is not. */
export class UnknownStudyError extends StudyError {}

/** Follows all studies of a store, which may come into being later. To be closed. */
export class StudyReader {
  readonly #location: string;
  #storage: Storage | null = null;
  #studies = new Map<string, KnownStudy>();
  #problem: string | null = null;
  /** Reading that goes on: those who come meanwhile wait for the same. */
  #reading: Promise<string[]> | null = null;

  constructor(location: string) {
    this.#location = location;
  }

  /** A path as it was typed, or an address without its password. */
  get location(): string {
    return databaseAddress(this.#location) ?? this.#location;
  }

  /** Why the studies could not be read the last time. */
  get problem(): string | null {
    return this.#problem;
  }

  get summaries(): StudySummary[] {
    return [...this.#studies.values()].map(summaryOf);
  }

  /**
   * Reads what changed.
   * @returns names of the studies that are not as they were, those that are gone included
   */
  async refresh(): Promise<string[]> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** As of the last `refresh`. @throws UnknownStudyError */
  find(name: string): StudySnapshot & { readonly summary: StudySummary; readonly revision: number } {
    const study = this.#studies.get(name);
    if (study === undefined) throw new UnknownStudyError(`Unknown study "${name}". It may have been deleted.`);
    const { definition, trials, revision } = study;
    return { definition, trials, revision, bestTrial: bestOf(trials, definition.direction), summary: summaryOf(study) };
  }

  async close(): Promise<void> {
    await this.#storage?.close();
    this.#storage = null;
  }

  async #read(): Promise<string[]> {
    try {
      if (this.#storage === null) {
        // Opening would make the file.
        if (!storageExists(this.#location)) return [];
        this.#storage = await openStorage(this.#location, { mustExist: true });
      }
      const changed = await this.#update(this.#storage);
      this.#problem = null;
      return changed;
    } catch (error) {
      if (!(error instanceof StudyError)) throw error;
      this.#problem = error.message;
      return [];
    }
  }

  async #update(storage: Storage): Promise<string[]> {
    const changed: string[] = [];
    const studies = new Map<string, KnownStudy>();
    for (const definition of await storage.listStudies()) {
      const { name } = definition;
      const known = this.#studies.get(name);
      const before = known && JSON.stringify(known.definition) === JSON.stringify(definition) ? known : undefined;
      let changes = await storage.readTrials(name, before?.revision ?? 0);
      // A study that was deleted and made again counts from the beginning.
      const isOther = before === undefined || changes.revision < before.revision;
      if (before !== undefined && isOther) changes = await storage.readTrials(name);
      const study = isOther ? { definition, trials: [], revision: -1, running: [] } : before;
      if (study.revision !== changes.revision) changed.push(name);
      for (const trial of changes.trials) study.trials[trial.number] = trial;
      study.revision = changes.revision;
      const aliveBefore = study.running.filter(({ isAlive }) => isAlive).length;
      study.running = await storage.readRunning(name);
      // A process that dies writes nothing.
      if (study.running.filter(({ isAlive }) => isAlive).length !== aliveBefore && !changed.includes(name)) {
        changed.push(name);
      }
      studies.set(name, study);
    }
    changed.push(...[...this.#studies.keys()].filter((name) => !studies.has(name)));
    this.#studies = studies;
    return changed;
  }
}

function summaryOf({ definition, trials, revision, running }: KnownStudy): StudySummary {
  const counts: Record<TrialState, number> = { COMPLETE: 0, PRUNED: 0, FAIL: 0, RUNNING: 0, WAITING: 0 };
  let lastUsed: string | null = null;
  for (const { state, startedAt, finishedAt } of trials) {
    counts[state] += 1;
    const time = finishedAt ?? startedAt;
    if (time !== null && (lastUsed === null || time > lastUsed)) lastUsed = time;
  }
  const medianSeconds = median(trials.filter(({ state }) => state === 'COMPLETE').flatMap((trial) => durationSeconds(trial) ?? []));
  const alive = running.filter(({ isAlive }) => isAlive);
  const processes = alive.map(({ owner }) => describeOwner(owner));
  const elapsed = alive.map(({ number }) => (Date.now() - Date.parse(trials[number]?.startedAt ?? '')) / 1000);
  return {
    definition,
    revision,
    trials: counts,
    best: bestOf(trials, definition.direction),
    lastUsed,
    medianSeconds,
    workers: [...new Set(processes)],
    abandoned: running.length - alive.length,
    etaSeconds:
      medianSeconds === null || alive.length === 0
        ? null
        : Math.max(0, ...elapsed.map((seconds) => medianSeconds - seconds)),
  };
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}
