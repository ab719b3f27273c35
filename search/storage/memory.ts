/** Studies that live as long as the process. */
import { isAlive, leaseMs } from '../owner.ts';
import type { Owner } from '../owner.ts';
import type { FrozenTrial } from '../trial.ts';
import { newTrial, runningElsewhere, takenOver, unknownStudy } from './storage.ts';
import type { Storage, StudyDefinition } from './storage.ts';

interface StoredStudy {
  readonly definition: StudyDefinition;
  readonly trials: FrozenTrial[];
  owner: Owner | null;
  leaseUntil: number;
}

/** Storage location that means this store. */
export const memoryLocation = ':memory:';

export function memoryStorage(): Storage {
  const studies = new Map<string, StoredStudy>();
  const find = (name: string): StoredStudy => {
    const study = studies.get(name);
    if (study === undefined) throw unknownStudy(name, memoryLocation, [...studies.keys()]);
    return study;
  };
  const findOwned = (name: string, owner: Owner): StoredStudy => {
    const study = find(name);
    if (study.owner?.token !== owner.token) throw takenOver(name, memoryLocation);
    return study;
  };
  const findFree = (name: string): StoredStudy => {
    const study = find(name);
    if (study.owner !== null && isAlive(study.owner, study.leaseUntil)) {
      throw runningElsewhere(name, memoryLocation, study.owner);
    }
    return study;
  };
  return {
    location: memoryLocation,
    async createStudy(definition) {
      const stored = studies.get(definition.name) ?? { definition, trials: [], owner: null, leaseUntil: 0 };
      studies.set(definition.name, stored);
      return stored.definition;
    },
    async listStudies() {
      return [...studies.values()].map(({ definition }) => definition);
    },
    async readTrials(name) {
      return [...find(name).trials];
    },
    async deleteStudy(name) {
      findFree(name);
      studies.delete(name);
    },
    async acquire(name, owner) {
      const study = findFree(name);
      study.owner = owner;
      study.leaseUntil = Date.now() + leaseMs;
      for (const [number, trial] of study.trials.entries()) {
        if (trial.state === 'RUNNING') study.trials[number] = { ...trial, state: 'WAITING' };
      }
    },
    async renew(name, owner, running) {
      const study = findOwned(name, owner);
      study.leaseUntil = Date.now() + leaseMs;
      for (const trial of running) study.trials[trial.number] = trial;
    },
    async release(name, owner) {
      const study = find(name);
      if (study.owner?.token === owner.token) study.owner = null;
    },
    async claimTrial(name, owner) {
      const { trials } = findOwned(name, owner);
      const waiting = trials.find(({ state }) => state === 'WAITING');
      const claimed: FrozenTrial =
        waiting === undefined
          ? newTrial(trials.length, 'RUNNING', {})
          : { ...waiting, state: 'RUNNING', startedAt: new Date().toISOString() };
      trials[claimed.number] = claimed;
      return claimed;
    },
    async enqueueTrial(name, owner, params) {
      const { trials } = findOwned(name, owner);
      const trial = newTrial(trials.length, 'WAITING', params);
      trials.push(trial);
      return trial;
    },
    async saveTrial(name, owner, trial) {
      findOwned(name, owner).trials[trial.number] = trial;
    },
    async close() {
      studies.clear();
    },
  };
}
