/** A study: trials of one objective, each of which learns from those before it. */
import { contains, describeDistribution, parseSpace } from './distributions.ts';
import type { Params, SearchSpace } from './distributions.ts';
import { newOwner, renewalMs } from './owner.ts';
import type { Owner } from './owner.ts';
import { randomStream } from './random.ts';
import { samplerByName } from './samplers/index.ts';
import type { SamplerName } from './samplers/index.ts';
import type { Direction, Sampler } from './samplers/sampler.ts';
import { openStorage } from './storage/index.ts';
import { memoryLocation } from './storage/memory.ts';
import { unknownStudy } from './storage/storage.ts';
import type { Storage, StudyDefinition } from './storage/storage.ts';
import { StudyError } from './study-error.ts';
import { byValue, failureAttribute, isFinished, Trial } from './trial.ts';
import type { FrozenTrial } from './trial.ts';

export interface StudyOptions {
  /** A file, `:memory:` (default), or a store that is open already. */
  readonly storage?: string | Storage;
  readonly name: string;
  readonly direction: Direction;
  /** Integer from which all suggestions follow. Default: 0. */
  readonly seed?: number;
  /** Default: `tpe`. */
  readonly sampler?: SamplerName | Sampler;
  /** With it every trial has all parameters from the start; without it the objective names them on the way. */
  readonly space?: SearchSpace;
}

/** A number completes the trial; one that is not finite says that the run diverged, and fails it. */
export type Outcome = number | { readonly state: 'PRUNED' } | { readonly state: 'FAIL'; readonly reason: string };

export interface StudySnapshot {
  readonly definition: StudyDefinition;
  readonly trials: readonly FrozenTrial[];
  readonly bestTrial: FrozenTrial | null;
}

/**
 * Opens a study to run it: goes on with the one of that name, or makes it. Trials that a dead process left RUNNING
 * are run again under their numbers. To be closed at the end.
 *
 *     const study = await openStudy({ name: 'parabola', direction: 'minimize', storage: 'studies.db' });
 *     await optimize(study, (trial) => (trial.suggestFloat('x', -5, 5) - 2) ** 2, { trials: 50 });
 *     console.log(study.bestTrial);
 *     await study.close();
 *
 * @throws RangeError for a senseless search space, seed or sampler; StudyError if the stored study has another
 * direction, seed or space, if a living process runs it, or if the file cannot be used
 */
export async function openStudy(options: StudyOptions): Promise<Study> {
  const { storage = memoryLocation, name, direction, seed = 0, sampler = 'tpe', space } = options;
  if (name === '') throw new RangeError('Expected a study name, got an empty one.');
  if (direction !== 'maximize' && direction !== 'minimize') {
    throw new RangeError(`Expected direction maximize or minimize, got ${JSON.stringify(direction)}.`);
  }
  if (!Number.isSafeInteger(seed)) throw new RangeError(`Expected \`seed\` to be an integer, got ${seed}.`);
  const definition = { name, direction, seed, space: space === undefined ? null : parseSpace(space) };
  const draws = typeof sampler === 'string' ? samplerByName(sampler) : sampler;
  const store = typeof storage === 'string' ? await openStorage(storage) : storage;
  const closesStore = store !== storage;
  try {
    const stored = await store.createStudy(definition);
    refuseDifference(stored, definition, store.location);
    const owner = newOwner();
    await store.acquire(name, owner);
    return new Study(stored, draws, store, closesStore, owner, await store.readTrials(name));
  } catch (error) {
    if (closesStore) await store.close();
    throw error;
  }
}

/**
 * Reads a study without running it, also while another process does.
 * @throws StudyError if there is no such file or study
 */
export async function readStudy(storage: string | Storage, name: string): Promise<StudySnapshot> {
  const store = typeof storage === 'string' ? await openStorage(storage, { mustExist: true }) : storage;
  try {
    const definitions = await store.listStudies();
    const definition = definitions.find((study) => study.name === name);
    if (definition === undefined)
      throw unknownStudy(
        name,
        store.location,
        definitions.map((study) => study.name),
      );
    const trials = await store.readTrials(name);
    return { definition, trials, bestTrial: bestOf(trials, definition.direction) };
  } finally {
    if (store !== storage) await store.close();
  }
}

/** The COMPLETE trial with the best value, of equals the one with the lowest number; null if there is none. */
export function bestOf(trials: readonly FrozenTrial[], direction: Direction): FrozenTrial | null {
  return trials.filter(({ state }) => state === 'COMPLETE').toSorted(byValue(direction))[0] ?? null;
}

export class Study {
  readonly definition: StudyDefinition;
  readonly #sampler: Sampler;
  readonly #storage: Storage;
  readonly #closesStorage: boolean;
  readonly #owner: Owner;
  /** By number. Only this process writes to the study, so these are always the stored ones. */
  readonly #trials: FrozenTrial[];
  readonly #running = new Map<number, Trial>();
  readonly #renewal: NodeJS.Timeout;

  /** Use `openStudy`. */
  constructor(
    definition: StudyDefinition,
    sampler: Sampler,
    storage: Storage,
    closesStorage: boolean,
    owner: Owner,
    trials: readonly FrozenTrial[],
  ) {
    this.definition = definition;
    this.#sampler = sampler;
    this.#storage = storage;
    this.#closesStorage = closesStorage;
    this.#owner = owner;
    this.#trials = [...trials];
    this.#renewal = setInterval(() => {
      // A failure shows up again, with its reason, at the next trial.
      this.renew().catch(() => {});
    }, renewalMs).unref();
  }

  /** By number, in any state. */
  get trials(): readonly FrozenTrial[] {
    return [...this.#trials];
  }

  get bestTrial(): FrozenTrial | null {
    return bestOf(this.#trials, this.definition.direction);
  }

  get finishedCount(): number {
    return this.#trials.reduce((count, trial) => count + Number(isFinished(trial)), 0);
  }

  /**
   * Starts the next trial: the WAITING one with the lowest number, else a new one. What it suggests depends on the
   * study's seed, the trial's number, and the trials with smaller numbers that are finished by now.
   */
  async ask(): Promise<Trial> {
    const { name, seed, direction, space } = this.definition;
    const record = await this.#storage.claimTrial(name, this.#owner);
    this.#trials[record.number] = record;
    const draw = this.#sampler({
      number: record.number,
      direction,
      space,
      history: this.#trials.slice(0, record.number).filter(isFinished),
      pending: [],
      random: (parameter) => randomStream(seed, record.number, parameter),
    });
    const trial = new Trial(record, draw, space);
    this.#running.set(trial.number, trial);
    if (space !== null) {
      for (const [parameter, distribution] of Object.entries(space)) trial.suggest(parameter, distribution);
      await this.#save(trial.freeze());
    }
    return trial;
  }

  /**
   * Ends a trial, or puts it back to WAITING.
   * @returns the trial as it is stored
   * @throws StudyError if the trial is not running
   */
  async tell(trial: Trial, outcome: Outcome | { readonly state: 'WAITING' }): Promise<FrozenTrial> {
    if (this.#running.get(trial.number) !== trial) {
      throw new StudyError(
        `Trial ${trial.number} of study "${this.definition.name}" is not running: tell each trial once.`,
      );
    }
    const record = outcomeRecord(trial, outcome);
    await this.#save(record);
    this.#running.delete(trial.number);
    return record;
  }

  /**
   * Adds a trial with given values, to be run before new ones. Parameters left out are suggested.
   * @throws RangeError if a value is not in the study's search space
   */
  async enqueueTrial(params: Params): Promise<FrozenTrial> {
    const { name, space } = this.definition;
    for (const [parameter, value] of space === null ? [] : Object.entries(params)) {
      const distribution = space?.[parameter];
      if (distribution === undefined) {
        throw new RangeError(`Unknown parameter \`${parameter}\`. Known: ${Object.keys(space ?? {}).join(', ')}.`);
      }
      if (!contains(distribution, value)) {
        throw new RangeError(
          `Expected \`${parameter}\` in ${describeDistribution(distribution)}, got ${JSON.stringify(value)}.`,
        );
      }
    }
    const record = await this.#storage.enqueueTrial(name, this.#owner, { ...params });
    this.#trials[record.number] = record;
    return record;
  }

  /** Extends the lease and saves how far the running trials are. Happens by itself while the process is not busy. */
  async renew(): Promise<void> {
    const records = [...this.#running.values()].map((trial) => trial.freeze());
    await this.#storage.renew(this.definition.name, this.#owner, records);
  }

  /** Puts running trials back to WAITING and lets other processes open the study. */
  async close(): Promise<void> {
    clearInterval(this.#renewal);
    try {
      for (const trial of this.#running.values()) await this.tell(trial, { state: 'WAITING' });
      await this.#storage.release(this.definition.name, this.#owner);
    } finally {
      if (this.#closesStorage) await this.#storage.close();
    }
  }

  async #save(record: FrozenTrial): Promise<void> {
    await this.#storage.saveTrial(this.definition.name, this.#owner, record);
    this.#trials[record.number] = record;
  }
}

function outcomeRecord(trial: Trial, outcome: Outcome | { readonly state: 'WAITING' }): FrozenTrial {
  if (typeof outcome === 'number') {
    if (Number.isFinite(outcome)) return trial.finish('COMPLETE', outcome);
    return outcomeRecord(trial, { state: 'FAIL', reason: `the objective returned ${outcome}: the run diverged` });
  }
  if (outcome.state === 'WAITING') return { ...trial.freeze(), state: 'WAITING' };
  if (outcome.state === 'FAIL') trial.setUserAttribute(failureAttribute, outcome.reason);
  return trial.finish(outcome.state, null);
}

function refuseDifference(stored: StudyDefinition, wanted: StudyDefinition, location: string): void {
  const difference =
    (stored.direction !== wanted.direction && `direction ${stored.direction}, not ${wanted.direction}`) ||
    (stored.seed !== wanted.seed && `seed ${stored.seed}, not ${wanted.seed}`) ||
    describeSpaceDifference(stored.space, wanted.space);
  if (difference !== false) {
    throw new StudyError(
      `Study "${wanted.name}" in ${location} was made with ${difference}: ` +
        'use the same again, another study name, or delete the study.',
    );
  }
}

function describeSpaceDifference(stored: SearchSpace | null, wanted: SearchSpace | null): string | false {
  for (const name of new Set([...Object.keys(stored ?? {}), ...Object.keys(wanted ?? {})])) {
    const [before, now] = [describeParameter(stored, name), describeParameter(wanted, name)];
    if (before !== now) return `${before}, not ${now}`;
  }
  return false;
}

function describeParameter(space: SearchSpace | null, name: string): string {
  return space?.[name] === undefined ? `no \`${name}\`` : `\`${name}\` as ${describeDistribution(space[name])}`;
}
