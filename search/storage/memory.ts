/** Studies that live as long as the process. */
import { isAlive } from '../../base/owner.ts';
import type { Owner } from '../../base/owner.ts';
import type { FrozenTrial } from '../frozen-trial.ts';
import { isFinished } from '../frozen-trial.ts';
import { LeaseLostError, stillRunning, studyIsThere, unknownStudy } from './refusals.ts';
import { memoryLocation, withChanges } from './storage.ts';
import { newTrial, nextToClaim, numbered, startedAgain } from './claims.ts';
import type { Changes, Storage, StudyDefinition } from './storage.ts';
import type { Unfinished } from './claims.ts';

interface StoredStudy {
  definition: StudyDefinition;
  readonly trials: FrozenTrial[];
  /** Owner of every trial that was ever run, by number of the trial. */
  readonly owners: Map<number, Owner>;
  /** Numbers of the trials that are not finished. */
  readonly unfinished: Set<number>;
  /** Numbers in the order of their changes: the revision is its length. */
  readonly changed: number[];
  /** Called at the next change. */
  readonly waiting: Set<() => void>;
}

export function memoryStorage(): Storage {
  const studies = new Map<string, StoredStudy>();
  const find = (name: string): StoredStudy => {
    const study = studies.get(name);
    if (study === undefined) throw unknownStudy(name, memoryLocation, [...studies.keys()]);
    return study;
  };
  return {
    location: memoryLocation,
    async createStudy(definition) {
      const stored = studies.get(definition.name) ?? newStudy(definition);
      studies.set(definition.name, stored);
      return stored.definition;
    },
    async addStudy(definition, trials) {
      if (studies.has(definition.name)) throw studyIsThere(definition.name, memoryLocation);
      const study = newStudy(definition);
      for (const trial of trials) put(study, trial, null);
      studies.set(definition.name, study);
    },
    async renameStudy(name, newName) {
      const study = find(name);
      refuseRunning(study);
      if (studies.has(newName)) throw studyIsThere(newName, memoryLocation);
      study.definition = { ...study.definition, name: newName };
      // In its place: studies are listed in the order of their creation.
      const all = [...studies];
      studies.clear();
      for (const [key, one] of all) studies.set(key === name ? newName : key, one);
    },
    async changeStudy(name, changes) {
      const study = find(name);
      study.definition = withChanges(study.definition, changes);
    },
    async listStudies() {
      return [...studies.values()].map(({ definition }) => definition);
    },
    async deleteStudy(name) {
      refuseRunning(find(name));
      studies.delete(name);
    },
    async readTrials(name, revision = 0) {
      return changesOf(find(name), revision);
    },
    async readRunning(name) {
      const { trials, owners, unfinished } = find(name);
      return [...unfinished]
        .toSorted((a, b) => a - b)
        .flatMap((number) => {
          const owner = owners.get(number);
          if (trials[number].state !== 'RUNNING' || owner === undefined) return [];
          return [{ number, owner, isAlive: isHeld(owner), leaseLeftMs: null }];
        });
    },
    async readOwners(name, revision = 0) {
      const { owners, changed } = find(name);
      const numbers = new Set(changed.slice(revision));
      return new Map([...owners].filter(([number]) => numbers.has(number)));
    },
    async claimTrial(name, { owner, running, limit, revision, prepare }) {
      const study = find(name);
      const { trials, owners, definition } = study;
      const isFree = (number: number): boolean => {
        if (trials[number].state === 'WAITING') return true;
        const before = owners.get(number);
        if (before?.token === owner.token) return !running.includes(number);
        return before === undefined || !isHeld(before);
      };
      const unfinished: Unfinished[] = [...study.unfinished]
        .toSorted((a, b) => a - b)
        .map((number) => ({ number, isFree: isFree(number) }));
      const number = nextToClaim(unfinished, trials.length, limit, definition.lag);
      if (number === null) return null;
      const record =
        number < trials.length
          ? startedAgain(trials[number], owners.get(number) ?? null, owner)
          : newTrial(number, 'RUNNING', {});
      const claimed = prepare(record, changesOf(study, revision));
      put(study, claimed, owner);
      return claimed;
    },
    async enqueueTrial(name, params, number) {
      const study = find(name);
      if (number !== undefined && number !== study.trials.length) return null;
      const trial = newTrial(study.trials.length, 'WAITING', params);
      put(study, trial, null);
      return trial;
    },
    async addTrials(name, trials) {
      const study = find(name);
      const added = numbered(trials, study.trials.length);
      for (const trial of added) put(study, trial, null);
      return added;
    },
    async saveTrials(name, owner, trials) {
      const study = find(name);
      for (const { number } of trials) {
        if (study.owners.get(number)?.token !== owner.token) throw new LeaseLostError(name, number);
      }
      for (const trial of trials) put(study, trial, trial.state === 'WAITING' ? null : owner);
    },
    // Only the process that runs the trials sees this store: no other process could take them.
    keepLeases: () => ({ close: async () => {} }),
    async waitForChange(name, revision, signal) {
      const { changed, waiting } = find(name);
      if (changed.length !== revision || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const goOn = (): void => {
          waiting.delete(goOn);
          signal.removeEventListener('abort', goOn);
          resolve();
        };
        waiting.add(goOn);
        signal.addEventListener('abort', goOn);
      });
    },
    async close() {
      studies.clear();
    },
  };
}

const isHeld = (owner: Owner): boolean => isAlive(owner, true);

function refuseRunning({ definition, trials, owners, unfinished }: StoredStudy): void {
  for (const number of unfinished) {
    const owner = owners.get(number);
    if (trials[number].state === 'RUNNING' && owner !== undefined && isHeld(owner)) {
      throw stillRunning(definition.name, memoryLocation, { number, owner, isAlive: true, leaseLeftMs: null });
    }
  }
}

function newStudy(definition: StudyDefinition): StoredStudy {
  return { definition, trials: [], owners: new Map(), unfinished: new Set(), changed: [], waiting: new Set() };
}

function put(study: StoredStudy, trial: FrozenTrial, owner: Owner | null): void {
  const { number } = trial;
  study.trials[number] = trial;
  if (owner === null) study.owners.delete(number);
  else study.owners.set(number, owner);
  if (isFinished(trial)) study.unfinished.delete(number);
  else study.unfinished.add(number);
  study.changed.push(number);
  for (const goOn of study.waiting) goOn();
}

function changesOf({ trials, changed }: StoredStudy, revision: number): Changes {
  const numbers = new Set(changed.slice(revision));
  return { trials: [...numbers].toSorted((a, b) => a - b).map((number) => trials[number]), revision: changed.length };
}
