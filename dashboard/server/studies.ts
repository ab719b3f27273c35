/** Reads studies while others write them: every trial once, and from then on what changed. */
import {
  progressOf,
  openStorage,
  parseLocation,
  storageExists,
  shownLocation,
  StoreLostError,
  type RunningTrial,
  type Storage,
  type StudyDefinition,
  type SearchSpace,
  StudyError,
  bestOf,
  type StudySnapshot,
  durationSeconds,
  type FrozenTrial,
  type TrialState,
} from '../../search/index.ts';
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { duration } from '../../base/format.ts';
import { quoted } from '../../base/printable.ts';
import { median } from '../../numerics/statistics.ts';
import { describeOwner, type Owner } from '../../base/owner.ts';
import type { StudySummary } from '../api.ts';
import { UnknownError } from './answer.ts';
import type { EventLog } from './events.ts';

interface KnownStudy {
  readonly definition: StudyDefinition;
  /** By number. */
  readonly trials: readonly FrozenTrial[];
  /** Revision that each trial was read with last, by number. */
  readonly readAt: readonly number[];
  readonly revision: number;
  /** Who ran each trial last, by its number. */
  readonly owners: ReadonlyMap<number, Owner>;
  /** Running trials whose process lives. */
  readonly workers: readonly RunningTrial[];
  /** What of its summary follows from its trials alone. */
  readonly counted: Counted;
}

type Counted = Pick<StudySummary, 'trials' | 'best' | 'lastUsed' | 'medianSeconds'>;

/** How long a page waits for a store. What was read before is shown then, and the reading goes on. */
const patienceMs = 5_000;

/** Says that a requested study does not exist. */
export class UnknownStudyError extends UnknownError {}

/** Follows all studies of a store, which may come into being later. To be closed. */
export class StudyReader {
  readonly #location: string;
  #storage: Storage | null = null;
  readonly #closing = new AbortController();
  readonly #log: Pick<EventLog, 'add'>;
  #studies = new Map<string, KnownStudy>();
  /** Whether the store may be another one since it was read last: what is known of it then is no beginning. */
  #isOther = false;
  #identity = '';
  #problem: string | null = null;
  /** Reading that goes on: those who come meanwhile wait for the same. */
  #reading: Promise<void> | null = null;
  readonly #patienceMs: number;

  /** @param log hears of every study that is not as it was */
  constructor(location: string, log: Pick<EventLog, 'add'>, patience = patienceMs) {
    this.#location = location;
    this.#log = log;
    this.#patienceMs = patience;
  }

  /** A path as it was typed, or an address without its password. */
  get location(): string {
    return shownLocation(this.#location);
  }

  /** Why the studies could not be read the last time. */
  get problem(): string | null {
    return this.#problem;
  }

  get summaries(): StudySummary[] {
    return [...this.#studies.values()].map(summaryOf);
  }

  /** Reads what changed. A store that cannot be read is a `problem`, and what was read before stays. */
  async refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    const waiting = new AbortController();
    const isLate = sleep(this.#patienceMs, true, { signal: waiting.signal, ref: false }).catch(() => false);
    const isRead = this.#reading.then(() => false).finally(() => waiting.abort());
    if (await Promise.race([isRead, isLate])) {
      const seconds = duration(this.#patienceMs / 1000);
      this.#say(`${this.location} has not answered for ${seconds}: check that it can be reached, or wait.`);
    }
  }

  #say(problem: string | null): void {
    if (problem !== this.#problem) this.#log.add({ kind: 'studies' });
    this.#problem = problem;
  }

  /** The state at the last `refresh`. @throws UnknownStudyError */
  find(name: string): StudySnapshot & Pick<KnownStudy, 'owners'> & { readonly summary: StudySummary } {
    const study = this.#find(name);
    const { definition, trials, owners } = study;
    const summary = summaryOf(study);
    return { definition, trials, owners, bestTrial: summary.best, summary };
  }

  /** Trials that changed since the revision of an earlier summary; all trials if the study was made anew. */
  changedSince(name: string, since: number): readonly FrozenTrial[] {
    const { trials, readAt, revision } = this.#find(name);
    return since > revision ? trials : trials.filter(({ number }) => readAt[number] > since);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#disconnect();
  }

  async #disconnect(): Promise<void> {
    const storage = this.#storage;
    this.#storage = null;
    await storage?.close();
  }

  #find(name: string): KnownStudy {
    // An address cannot hold half of a character: what a browser makes of it is told by that name too.
    const study =
      this.#studies.get(name) ??
      this.#studies.values().find(({ definition }) => definition.name.toWellFormed() === name);
    if (study === undefined) {
      const reason = this.#problem ?? 'It may have been deleted.';
      throw new UnknownStudyError(`Unknown study ${quoted(name)}. ${reason}`);
    }
    return study;
  }

  async #read(): Promise<void> {
    try {
      const identity = identityOf(this.#location);
      if (identity !== this.#identity) this.#isOther = true;
      this.#identity = identity;
      // Opening would make the file.
      if (this.#storage === null && !storageExists(this.#location)) return this.#say(null);
      this.#storage ??= await openStorage(this.#location, { readOnly: true, signal: this.#closing.signal });
      this.#say(await this.#update(this.#storage));
    } catch (error) {
      if (!(error instanceof StudyError)) throw error;
      this.#say(error.message);
      // After a server was lost, a new connection is made.
      if (error instanceof StoreLostError) {
        this.#isOther = true;
        await this.#disconnect();
      }
    }
  }

  /** @returns why a study could not be read, or null */
  async #update(storage: Storage): Promise<string | null> {
    const studies = new Map<string, KnownStudy>();
    let isListChanged = false;
    let problem: string | null = null;
    const onDamage = (_name: string, { message }: StudyError): void => void (problem ??= message);
    for (const definition of await storage.listStudies(onDamage)) {
      const { name } = definition;
      const known = this.#studies.get(name);
      const study = await updated(storage, definition, this.#isOther ? undefined : known).catch((error: unknown) => {
        if (!(error instanceof StudyError) || error instanceof StoreLostError) throw error;
        // The others are shown.
        onDamage(name, error);
      });
      if (study === undefined) continue;
      studies.set(name, study);
      const { revision, workers } = study;
      if (known === undefined) isListChanged = true;
      // A process that dies writes nothing, and a wish is no change of a trial.
      else if (
        known.revision !== revision ||
        known.workers.length !== workers.length ||
        this.#isOther ||
        known.definition.wantedTrials !== definition.wantedTrials ||
        known.definition.earlyStop?.finished !== definition.earlyStop?.finished
      ) {
        this.#log.add({ kind: 'study', name, revision });
      }
    }
    if (isListChanged || [...this.#studies.keys()].some((name) => !studies.has(name)))
      this.#log.add({ kind: 'studies' });
    this.#studies = studies;
    this.#isOther = false;
    return problem;
  }
}

/** Tells a file from another one that came into its place; empty for databases, and for files that are not there. */
function identityOf(location: string): string {
  const place = parseLocation(location);
  if (place.kind !== 'file') return '';
  try {
    const { dev, ino, birthtimeNs } = statSync(place.path, { bigint: true });
    // The number of a file that was deleted is given to the next one.
    return `${dev} ${ino} ${birthtimeNs}`;
  } catch {
    // Why it cannot be read is told by who opens it.
    return '';
  }
}

/** @param known what was read before, which stays as it is */
async function updated(storage: Storage, definition: StudyDefinition, known?: KnownStudy): Promise<KnownStudy> {
  const { name } = definition;
  let base = known;
  let changes = await storage.readTrials(name, base?.revision);
  // A study that was deleted and made again counts from the beginning.
  if (base !== undefined && changes.revision < base.revision) {
    base = undefined;
    changes = await storage.readTrials(name);
  }
  if (base !== undefined && changes.trials.length === 0) {
    return { ...base, definition, revision: changes.revision, workers: await workersOf(storage, name, base.counted) };
  }
  const trials = [...(base?.trials ?? [])];
  const readAt = [...(base?.readAt ?? [])];
  const shared = sharedSpaces();
  for (const trial of changes.trials) {
    trials[trial.number] = { ...trial, distributions: shared(trial.distributions) };
    readAt[trial.number] = changes.revision;
  }
  const owners = new Map([...(base?.owners ?? []), ...(await storage.readOwners(name, base?.revision ?? 0))]);
  const counted = countOf(trials, definition);
  const workers = await workersOf(storage, name, counted);
  return { definition, trials, readAt, revision: changes.revision, owners, workers, counted };
}

async function workersOf(storage: Storage, name: string, { trials }: Counted): Promise<RunningTrial[]> {
  return trials.RUNNING === 0 ? [] : (await storage.readRunning(name)).filter(({ isAlive }) => isAlive);
}

/** Gives trials with the same distributions the same object, which thousands of them would have each for itself. */
function sharedSpaces(): (space: SearchSpace) => SearchSpace {
  const known = new Map<string, SearchSpace>();
  return (space) => {
    const text = JSON.stringify(space);
    const same = known.get(text) ?? space;
    known.set(text, same);
    return same;
  };
}

function countOf(trials: readonly FrozenTrial[], definition: StudyDefinition): Counted {
  const counts: Record<TrialState, number> = { COMPLETE: 0, PRUNED: 0, FAIL: 0, RUNNING: 0, WAITING: 0 };
  let lastUsed: string | null = null;
  for (const { state, startedAt, finishedAt } of trials) {
    counts[state] += 1;
    const time = finishedAt ?? startedAt;
    if (time !== null && (lastUsed === null || time > lastUsed)) lastUsed = time;
  }
  const seconds = trials.filter(({ state }) => state === 'COMPLETE').flatMap((trial) => durationSeconds(trial) ?? []);
  const medianSeconds = seconds.length === 0 ? null : median(seconds);
  return { trials: counts, best: bestOf(trials, definition), lastUsed, medianSeconds };
}

function summaryOf({ definition, trials, revision, workers, counted }: KnownStudy): StudySummary {
  const processes = workers.map(({ owner }) => describeOwner(owner));
  const running = workers.map(({ number }) => number);
  return {
    ...counted,
    definition,
    revision,
    workers: [...new Set(processes)],
    progress: progressOf({ definition, trials }, running, Date.now()),
  };
}
