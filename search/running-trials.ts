/** The trials that a study object runs: who holds them, and how their ends reach the store. */
import { quoted } from '../base/printable.ts';
import { newOwner } from '../base/owner.ts';
import { directionsOf } from './direction.ts';
import type { SearchSpace } from './distributions.ts';
import type { FrozenTrial } from './frozen-trial.ts';
import { type Abandoned, type Outcome, type PutBack, recordOf } from './outcome.ts';
import { type LeaseKeeper, type Storage, type StudyDefinition } from './storage/storage.ts';
import { LeaseLostError } from './storage/refusals.ts';
import { StudyError } from './study-error.ts';
import type { Trial } from './trial.ts';

export type End = Outcome | PutBack | Abandoned;

interface Told<Space extends SearchSpace> {
  readonly trial: Trial<Space>;
  readonly end: End;
  readonly saved: PromiseWithResolvers<FrozenTrial>;
}

/** Its calls that write must follow one another. @typeParam Space as for `Study` */
export class RunningTrials<Space extends SearchSpace> {
  readonly owner = newOwner();
  readonly #definition: StudyDefinition;
  readonly #storage: Storage;
  readonly #running = new Map<number, Trial<Space>>();
  /** Those of them that the caller has from `ask`. */
  readonly #asked = new WeakSet<Trial<Space>>();
  /** Trials that were begun here and taken over by other processes. */
  readonly #lost = new WeakSet<Trial<Space>>();
  /** Trials whose ends are not stored yet. */
  readonly #told: Told<Space>[] = [];
  /** Once there is a trial to hold. */
  #leases: LeaseKeeper | undefined;

  constructor(definition: StudyDefinition, storage: Storage) {
    this.#definition = definition;
    this.#storage = storage;
  }

  get all(): readonly Trial<Space>[] {
    return [...this.#running.values()];
  }

  get numbers(): readonly number[] {
    return [...this.#running.keys()];
  }

  has(number: number): boolean {
    return this.#running.has(number);
  }

  /** Gives up the trials whose beginning is not stored any more. @param stored all trials of the study, by number */
  dropUndone(stored: readonly FrozenTrial[]): void {
    for (const trial of this.all) {
      const { startedAt } = trial.freeze();
      const record = stored[trial.number];
      if (record?.state === 'RUNNING' && record.startedAt === startedAt) continue;
      this.#running.delete(trial.number);
      this.#lost.add(trial);
    }
  }

  /** One of the same number was begun before a crash of the server, which has taken that back. */
  add(trial: Trial<Space>): void {
    const undone = this.#running.get(trial.number);
    if (undone !== undefined) this.#lost.add(undone);
    this.#running.set(trial.number, trial);
    this.#leases ??= this.#storage.keepLeases(this.#definition.name, this.owner);
  }

  markAsked(trial: Trial<Space>): void {
    this.#asked.add(trial);
  }

  /** @throws StudyError if a trial from `ask` is not told: `optimize` would wait for it for ever */
  expectAllTold(): void {
    const asked = this.#running.values().find((trial) => this.#asked.has(trial));
    if (asked === undefined) return;
    throw new StudyError(
      `Trial ${asked.number} of study ${quoted(this.#definition.name)} was begun with \`ask\` and has not ended: ` +
        'tell its outcome before `optimize`.',
    );
  }

  /** What the objective has named since a trial was stored last is known to trials of this process at once. */
  withLiveParams(trials: readonly FrozenTrial[]): readonly FrozenTrial[] {
    return trials.map((trial) => this.#running.get(trial.number)?.freeze() ?? trial);
  }

  /** @returns the trial as it is stored, after `saveTold` @throws as `Study.tell` */
  tell(trial: Trial<Space>, end: End): Promise<FrozenTrial> {
    const saved = Promise.withResolvers<FrozenTrial>();
    this.#told.push({ trial, end, saved });
    return saved.promise;
  }

  /** Saves all trials that were told since the last call, together. @param onSaved gets each as it is stored */
  async saveTold(onSaved: (record: FrozenTrial) => void): Promise<void> {
    const ended = this.#told.splice(0).flatMap(({ trial, end, saved }) => {
      try {
        return [{ trial, saved, record: this.#end(trial, end) }];
      } catch (error) {
        saved.reject(error);
        return [];
      }
    });
    const save = async (some: typeof ended): Promise<void> => {
      if (some.length === 0) return;
      try {
        await this.#store(some.map(({ record }) => record));
        for (const { record, saved } of some) {
          onSaved(record);
          saved.resolve(record);
        }
      } catch (error) {
        const isLost = error instanceof LeaseLostError;
        // One that was taken over must not cost the others their results.
        if (isLost && some.length > 1) for (const one of some) await save([one]);
        else {
          for (const { trial, saved } of some) {
            if (!isLost) this.#running.set(trial.number, trial);
            saved.reject(error);
          }
        }
      }
    };
    await save(ended);
  }

  /** As `Study.renew`. */
  async renew(trial?: Trial<Space>): Promise<void> {
    const running = this.all;
    try {
      await this.#store(running.map((one) => one.freeze()));
    } catch (error) {
      if (!(error instanceof LeaseLostError)) throw error;
      // One that was taken over must not cost the others their leases.
      for (const one of running) {
        await this.#store([one.freeze()]).catch((reason: unknown) => this.#lose(one, reason));
      }
    }
    if (trial && this.#lost.has(trial)) throw new LeaseLostError(this.#definition.name, trial.number);
  }

  async close(): Promise<void> {
    await this.#leases?.close();
  }

  /** @returns what is to be stored of a trial that runs no more */
  #end(trial: Trial<Space>, end: End): FrozenTrial {
    const { name } = this.#definition;
    if (this.#lost.has(trial)) throw new LeaseLostError(name, trial.number);
    if (this.#running.get(trial.number) !== trial) {
      throw new StudyError(`Trial ${trial.number} of study ${quoted(name)} is not running: tell each trial once.`);
    }
    const record = recordOf(trial, end, directionsOf(this.#definition).length);
    this.#running.delete(trial.number);
    return record;
  }

  #lose(trial: Trial<Space>, reason: unknown): void {
    if (!(reason instanceof LeaseLostError)) throw reason;
    this.#running.delete(trial.number);
    this.#lost.add(trial);
  }

  async #store(records: readonly FrozenTrial[]): Promise<void> {
    if (records.length > 0) await this.#storage.saveTrials(this.#definition.name, this.owner, records);
  }
}
