/**
 * Contract of a store of studies, which many processes may use at once. Every method is one transaction; failures that
 * the user can fix are StudyErrors. A running trial belongs to its owner until its lease ends, or until the owner's
 * process is known to have ended: no other process saves it.
 */
import type { Params, SearchSpace } from '../distributions.ts';
import type { Owner } from '../../base/owner.ts';
import type { Directed } from '../direction.ts';
import type { Prior } from '../prior.ts';
import { StudyError } from '../study-error.ts';
import type { JsonValue } from '../json-value.ts';
import type { FrozenTrial } from '../frozen-trial.ts';

/**
 * With a lag, trial k learns from trials up to k − lag only, so that the study is the same for any number of workers,
 * and `lag` trials can run at once: an integer from 1, or `growing` with the study, as `lagAt` says. With `none` a trial
 * learns from all that have finished when it begins, and no worker waits for another.
 */
export type Lag = number | 'growing' | 'none';

/** Renews the leases of an owner's running trials until it is closed. */
export interface LeaseKeeper {
  close(): Promise<void>;
}

/** Location of a store that lives as long as the process. */
export const memoryLocation = ':memory:';

/** What defines a study. Once the study is made, only `DefinitionChanges` can change. */
export interface StudyDefinition extends Directed {
  readonly name: string;
  /** What the values of several objectives are called; absent if they have no names. */
  readonly metricNames?: readonly string[];
  readonly seed: number;
  readonly space: SearchSpace | null;
  /** A name of the registry; `custom` for a function of the user's own. */
  readonly sampler: string;
  /** A name of the registry; `custom` for a function of the user's own. */
  readonly pruner: string;
  readonly lag: Lag;
  /** What its trials are about, for those who join it: the search leaves it as it is. */
  readonly task: JsonValue;
  /** Number of finished trials that the study should have, as given last; undefined if it was never given. */
  readonly wantedTrials?: number;
  /** Why a search stopped before it had its trials; undefined if none did. */
  readonly earlyStop?: EarlyStop;
  /** Settings that it had before those of now, the oldest first; undefined if they never changed. */
  readonly earlier?: readonly StudySettings[];
  /** Trials that were evaluated once more, in the order of their ends; undefined if none were. */
  readonly confirmations?: readonly Confirmation[];
  /** What is known of confirmations that have not ended; undefined if there are none. */
  readonly confirmedParts?: readonly ConfirmedPart[];
  /** What another study tells of this one; undefined if it learns from its own trials alone. */
  readonly prior?: Prior;
}

/** What came of a trial when it was evaluated once more, under conditions that had no part in choosing it. */
export interface Confirmation {
  /** Number of the trial. */
  readonly trial: number;
  /** From which the new conditions follow. */
  readonly seed: number;
  /** Null if it failed. */
  readonly value: number | null;
  /** Null if it is not known. */
  readonly standardError: number | null;
}

/** A part of a confirmation that has not ended, such as one of its folds. */
export interface ConfirmedPart extends Pick<Confirmation, 'trial' | 'seed'> {
  readonly part: number;
  readonly result: JsonValue;
}

/** Why a search stopped before it had all its trials. */
export interface EarlyStop {
  /** In words, without a full stop. */
  readonly reason: string;
  /** Finished trials of the study at that time. */
  readonly finished: number;
}

/** How trials are suggested and ended. May change when a study goes on. */
export type StudySettings = Pick<StudyDefinition, 'space' | 'sampler' | 'pruner' | 'lag' | 'prior'>;

/** What of a definition can change. Confirmations and their parts are added to those that are there. */
type DefinitionChanges = Pick<
  StudyDefinition,
  'wantedTrials' | 'earlyStop' | 'confirmations' | 'confirmedParts' | 'earlier'
> &
  Partial<StudySettings>;

/**
 * The definition with the changes: of two confirmations of a trial with the same seed the first one stays, and of two equal
 * parts. A confirmation takes the place of its parts.
 */
export function withChanges(definition: StudyDefinition, changes: DefinitionChanges): StudyDefinition {
  const { confirmations: _, confirmedParts: _parts, ...rest } = { ...definition, ...changes };
  type Of = Pick<Confirmation, 'trial' | 'seed'>;
  const isIn = (some: readonly Of[], { trial, seed }: Of): boolean =>
    some.some((one) => one.trial === trial && one.seed === seed);
  const { confirmations: known = [], confirmedParts: knownParts = [] } = definition;
  const added = (changes.confirmations ?? []).filter((one) => !isIn(known, one));
  const confirmations = [...known, ...added];
  const addedParts = (changes.confirmedParts ?? []).filter(
    (one) =>
      !isIn(
        knownParts.filter(({ part }) => part === one.part),
        one,
      ),
  );
  const confirmedParts = [...knownParts, ...addedParts].filter((one) => !isIn(confirmations, one));
  return {
    ...rest,
    ...(confirmations.length > 0 && { confirmations }),
    ...(confirmedParts.length > 0 && { confirmedParts }),
  };
}

/** Trials that changed after a revision, by number, and the revision up to which all is known with them. */
export interface Changes {
  readonly trials: readonly FrozenTrial[];
  readonly revision: number;
  /** These are all trials: what was read before may have been undone by a crash of the store's server. */
  readonly isAnew?: boolean;
}

export interface Claim {
  readonly owner: Owner;
  /** Trials that the owner knows it runs. Any other in its name was claimed without the answer arriving. */
  readonly running: readonly number[];
  /** Only trials with smaller numbers are claimed. */
  readonly limit: number;
  /** Up to which the owner knows the study's trials. */
  readonly revision: number;
  /** Completes the record of the claimed trial, inside of the transaction: given what changed since `revision`. */
  readonly prepare: (trial: FrozenTrial, changes: Changes) => FrozenTrial;
}

/** A trial in state RUNNING. */
export interface RunningTrial {
  readonly number: number;
  readonly owner: Owner;
  /**
   * False if the owner's process ended or did not renew its lease in time: another process will run the trial again.
   */
  readonly isAlive: boolean;
  /** How long it belongs to its owner still, in ms by the clock of the store; null where there are no leases. */
  readonly leaseLeftMs: number | null;
}

type OnDamage = (study: string, problem: StudyError) => void;

export interface StorageOptions {
  /** Refuse a missing file, or a database without studies, in place of making it. */
  readonly mustExist?: boolean;
  /** Nothing is written, made or upgraded, so that also a store that may not be written can be read. */
  readonly readOnly?: boolean;
  /** When it aborts, a server that does not answer is not waited for any longer. */
  readonly signal?: AbortSignal;
  /**
   * Told in a sentence what became of a store that was lost or moved while it was open. Default: a warning of the process.
   */
  readonly onNotice?: (sentence: string) => void;
  /**
   * Folder that keeps finished trials while a server does not answer, made when it is needed. Their study gets them when it
   * is opened again with this folder. Default: none, such trials are run again.
   */
  readonly unsavedDir?: string;
}

export interface Storage {
  /** Where the studies are, for messages. */
  readonly location: string;
  /** The stored study of that name; it is made from the definition if it does not exist. */
  createStudy(definition: StudyDefinition): Promise<StudyDefinition>;
  /**
   * A new study with all of its trials, or nothing. None of the trials is RUNNING, and they are numbered from 0.
   * @throws StudyError if there is a study of that name
   */
  addStudy(definition: StudyDefinition, trials: readonly FrozenTrial[]): Promise<void>;
  /** Refused while a trial of it runs, and if there is a study of the new name. */
  renameStudy(study: string, name: string): Promise<void>;
  changeStudy(study: string, changes: DefinitionChanges): Promise<void>;
  /**
   * In order of creation.
   * @param onDamage told of each study whose definition is damaged, which is left out; without it such a one is refused
   */
  listStudies(onDamage?: OnDamage): Promise<readonly StudyDefinition[]>;
  /** Also of a damaged study. Refused while a trial of it runs. */
  deleteStudy(study: string): Promise<void>;
  /** Those that changed after `revision`; of revision 0 all. Numbers have no gaps. */
  readTrials(study: string, revision?: number): Promise<Changes>;
  /** Who runs what, by number. */
  readRunning(study: string): Promise<readonly RunningTrial[]>;
  /** Who ran trials last, by their number: of those that changed after `revision`, as far as it is known. */
  readOwners(study: string, revision?: number): Promise<ReadonlyMap<number, Owner>>;
  /**
   * Starts the trial that comes next: the one with the lowest number that waits or whose owner is dead, else a new one.
   * @returns null while the bounded lag or the limit lets none begin
   */
  claimTrial(study: string, claim: Claim): Promise<FrozenTrial | null>;
  /**
   * A new WAITING trial with values that will be suggested.
   * @param number if given, null in place of a trial with another number
   */
  enqueueTrial(study: string, params: Params, number?: number): Promise<FrozenTrial | null>;
  /** Appends finished trials, and those that wait, which get the next numbers. @returns them as they are stored */
  addTrials(study: string, trials: readonly FrozenTrial[]): Promise<readonly FrozenTrial[]>;
  /** Saves trials of the owner, RUNNING ones with a new lease. @throws LeaseLostError if one is another's by now */
  saveTrials(study: string, owner: Owner, trials: readonly FrozenTrial[]): Promise<void>;
  /** Renews the leases of all trials that the owner runs, until it is closed, also while this thread is busy. */
  keepLeases(study: string, owner: Owner): LeaseKeeper;
  /** Waits until the study is not at this revision any more, or a while has passed in which a lease may have ended. */
  waitForChange(study: string, revision: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Parses rows of studies. Damaged rows are reported and left out if there is a listener, else they are errors. */
export function readable<T>(
  rows: readonly Readonly<Record<string, unknown>>[],
  read: (row: Readonly<Record<string, unknown>>) => T,
  onDamage?: OnDamage,
): T[] {
  return rows.flatMap((row) => {
    try {
      return [read(row)];
    } catch (error) {
      if (onDamage === undefined || !(error instanceof StudyError)) throw error;
      onDamage(String(row.name), error);
      return [];
    }
  });
}
