/** Reads studies while others write them: first all trials, then only changed ones. */
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
import { nextTurn } from '../../base/next-turn.ts';
import { quoted } from '../../base/printable.ts';
import { median } from '../../numerics/statistics.ts';
import { describeOwner, type Owner } from '../../base/owner.ts';
import { measuredIn, scoreConstraints } from '../../tuning/index.ts';
import type { StudySummary } from '../api.ts';
import { UnknownError } from './answer.ts';
import type { EventLog } from './events.ts';

interface KnownStudy {
  readonly definition: StudyDefinition;
  /** Trials sorted by number. */
  readonly trials: readonly FrozenTrial[];
  /** For each trial the revision at which it was last read. */
  readonly readAt: readonly number[];
  readonly revision: number;
  /** For numbers of trials the process that ran the trial last. */
  readonly owners: ReadonlyMap<number, Owner>;
  /** Running trials of live processes. */
  readonly workers: readonly RunningTrial[];
  /** The part of the summary that depends only on the trials. */
  readonly counted: Counted;
}

type Counted = Pick<StudySummary, 'trials' | 'best' | 'lastUsed' | 'medianSeconds'>;

/** Longest wait of a page for a server. After it the page shows the last state, and reading goes on. */
const patienceMs = 5_000;

/** Follows all studies of a store, which may be created later. It must be closed. */
export class StudyReader {
  readonly #location: string;
  #storage: Storage | null = null;
  readonly #closing = new AbortController();
  readonly #log: Pick<EventLog, 'add'>;
  #studies = new Map<string, KnownStudy>();
  /** Whether the store may have been replaced since it was last read, so that all must be read again. */
  #isOther = false;
  #identity = '';
  #problem: string | null = null;
  /** The read in progress, which all callers share. */
  #reading: Promise<void> | null = null;
  readonly #patienceMs: number;

  /** @param log gets an event for each changed study */
  constructor(location: string, log: Pick<EventLog, 'add'>, patience = patienceMs) {
    this.#location = location;
    this.#log = log;
    this.#patienceMs = patience;
  }

  /** The path as it was typed, or the URL without its password. */
  get location(): string {
    return shownLocation(this.#location);
  }

  /** Reason why the last read failed; null if it succeeded. */
  get problem(): string | null {
    return this.#problem;
  }

  get summaries(): StudySummary[] {
    return [...this.#studies.values()].map(summaryOf);
  }

  /** Reads what changed. If the store cannot be read, `problem` says why, and the last state stays. */
  async refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    // A file answers or fails; a long study in it takes its time.
    if (parseLocation(this.#location).kind === 'file') return this.#reading;
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

  /** The state at the last `refresh`. @throws UnknownError */
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
    // A URL cannot hold a lone surrogate. The study is found under the replacement that browsers send, too.
    const study =
      this.#studies.get(name) ??
      this.#studies.values().find(({ definition }) => definition.name.toWellFormed() === name);
    if (study === undefined) {
      const reason = this.#problem ?? 'It may have been deleted.';
      throw new UnknownError(`Unknown study ${quoted(name)}. ${reason}`);
    }
    return study;
  }

  async #read(): Promise<void> {
    try {
      const identity = identityOf(this.#location);
      if (identity !== this.#identity) this.#isOther = true;
      this.#identity = identity;
      // Opening would create the file.
      if (this.#storage === null && !storageExists(this.#location)) return this.#say(null);
      this.#storage ??= await openStorage(this.#location, { readOnly: true, signal: this.#closing.signal });
      this.#say(await this.#update(this.#storage));
    } catch (error) {
      if (!(error instanceof StudyError)) throw error;
      this.#say(error.message);
      // After a lost connection the next read opens a new one.
      if (error instanceof StoreLostError) {
        this.#isOther = true;
        await this.#disconnect();
      }
    }
  }

  /** @returns the reason why a study could not be read, or null */
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
        // One damaged study does not hide the others.
        onDamage(name, error);
      });
      if (study === undefined) continue;
      studies.set(name, study);
      const { revision, workers } = study;
      if (known === undefined) isListChanged = true;
      // The death of a process and a new wanted number of trials change no trial.
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

/** A text that identifies a file, to detect its replacement; empty for databases and missing files. */
function identityOf(location: string): string {
  const place = parseLocation(location);
  if (place.kind !== 'file') return '';
  try {
    const { dev, ino, birthtimeNs } = statSync(place.path, { bigint: true });
    // The inode alone is not enough: that of a deleted file is used again.
    return `${dev} ${ino} ${birthtimeNs}`;
  } catch {
    // The reason is reported when the file is opened.
    return '';
  }
}

/** @param known the last state, which is not changed */
async function updated(storage: Storage, definition: StudyDefinition, known?: KnownStudy): Promise<KnownStudy> {
  const { name } = definition;
  let base = known;
  let changes = await storage.readTrials(name, base?.revision);
  if (changes.isAnew) base = undefined;
  // A study that was deleted and created again has smaller revisions.
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
    const distributions = shared(trial.distributions);
    trials[trial.number] = distributions === trial.distributions ? trial : { ...trial, distributions };
    readAt[trial.number] = changes.revision;
  }
  const owners = new Map([...(base?.owners ?? []), ...(await storage.readOwners(name, base?.revision ?? 0))]);
  await nextTurn();
  const counted = countOf(trials, definition);
  const workers = await workersOf(storage, name, counted);
  return { definition, trials, readAt, revision: changes.revision, owners, workers, counted };
}

async function workersOf(storage: Storage, name: string, { trials }: Counted): Promise<RunningTrial[]> {
  return trials.RUNNING === 0 ? [] : (await storage.readRunning(name)).filter(({ isAlive }) => isAlive);
}

/** Interns search spaces: trials with equal distributions share one object, which saves memory. */
function sharedSpaces(): (space: SearchSpace) => SearchSpace {
  const known = new Map<string, SearchSpace>();
  /** Stores share some of them already. */
  const seen = new Map<SearchSpace, SearchSpace>();
  return (space) => {
    let same = seen.get(space);
    if (same === undefined) {
      const text = JSON.stringify(space);
      same = known.get(text) ?? space;
      known.set(text, same);
      seen.set(space, same);
    }
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
  const { earlier: _replayed, prior, ...shown } = definition;
  const running = workers.map(({ number }) => number);
  return {
    ...counted,
    definition: shown,
    measured: measuredIn(definition),
    scoreConstraints: scoreConstraints(definition),
    prior: prior ? { study: prior.study, trials: prior.trials.length } : null,
    revision,
    workers: [...new Set(processes)],
    progress: progressOf({ definition, trials }, running, Date.now()),
  };
}
