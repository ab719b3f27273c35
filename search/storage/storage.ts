/** Contract of a store of studies. Every method is one transaction; failures that the user can mend are StudyErrors. */
import type { Params, SearchSpace } from '../distributions.ts';
import { describeOwner } from '../owner.ts';
import type { Owner } from '../owner.ts';
import type { Direction } from '../samplers/sampler.ts';
import { StudyError } from '../study-error.ts';
import type { FrozenTrial } from '../trial.ts';

/** What makes a study this study: it cannot change once there are trials. */
export interface StudyDefinition {
  readonly name: string;
  readonly direction: Direction;
  readonly seed: number;
  readonly space: SearchSpace | null;
}

export interface Storage {
  /** Where the studies are, for messages. */
  readonly location: string;
  /** The study of that name as it is stored; made from the definition if there is none. */
  createStudy(definition: StudyDefinition): Promise<StudyDefinition>;
  /** In order of creation. */
  listStudies(): Promise<readonly StudyDefinition[]>;
  /** By number, without gaps. Needs no ownership. */
  readTrials(study: string): Promise<readonly FrozenTrial[]>;
  /** Refused while the study has a living owner. */
  deleteStudy(study: string): Promise<void>;
  /** Makes the owner the study's only one and puts RUNNING trials of a dead one back to WAITING. */
  acquire(study: string, owner: Owner): Promise<void>;
  /** Extends the lease and saves how far the running trials are. */
  renew(study: string, owner: Owner, running: readonly FrozenTrial[]): Promise<void>;
  /** Gives the study up. No error if it is another's by now. */
  release(study: string, owner: Owner): Promise<void>;
  /** The WAITING trial with the lowest number, else a new one, RUNNING from now on. */
  claimTrial(study: string, owner: Owner): Promise<FrozenTrial>;
  /** A new WAITING trial with values that will be suggested. */
  enqueueTrial(study: string, owner: Owner, params: Params): Promise<FrozenTrial>;
  saveTrial(study: string, owner: Owner, trial: FrozenTrial): Promise<void>;
  close(): Promise<void>;
}

export function newTrial(number: number, state: 'RUNNING' | 'WAITING', params: Params): FrozenTrial {
  const now = new Date().toISOString();
  return {
    number,
    state,
    value: null,
    params,
    distributions: {},
    intermediateValues: {},
    userAttributes: {},
    createdAt: now,
    startedAt: state === 'RUNNING' ? now : null,
    finishedAt: null,
  };
}

export function runningElsewhere(study: string, location: string, owner: Owner): StudyError {
  return new StudyError(
    `Study "${study}" in ${location} is being run by ${describeOwner(owner)}: ` +
      'wait until it ends, stop it, or use another storage.',
  );
}

export function takenOver(study: string, location: string): StudyError {
  return new StudyError(
    `Study "${study}" in ${location} was closed or taken over by another process: open it again to go on.`,
  );
}

export function unknownStudy(study: string, location: string, known: readonly string[]): StudyError {
  const names = known.length === 0 ? 'There is none' : `Known: ${known.join(', ')}`;
  return new StudyError(`There is no study "${study}" in ${location}. ${names}.`);
}
