/** Opens a study to run it, in a store that others know how to open. */
import { changesInWords, refuseDifference } from './difference.ts';
import { described, quoted } from '../base/printable.ts';
import { expectName, parseSpace, type SearchSpace } from './distributions.ts';
import { expectOptions, type OptionKinds } from './expect-options.ts';
import { prunerByName, type PrunerName } from './pruners/index.ts';
import type { Pruner, TrialShape } from './pruners/pruner.ts';
import { samplerByName, type SamplerName } from './samplers/index.ts';
import { directionsOf, type Direction } from './direction.ts';
import type { Sampler } from './samplers/sampler.ts';
import {
  memoryLocation,
  type Lag,
  type Storage,
  type StorageOptions,
  type StudyDefinition,
  type StudySettings,
} from './storage/storage.ts';
import { expectJson, type JsonValue } from './json-value.ts';
import { definitionOf, type StudySnapshot } from './snapshot.ts';
import { Study } from './study.ts';
import { NoStudyError, StudyError } from './study-error.ts';
import { priorInWords, takePrior } from './take-prior.ts';

export interface StudyOptions<Space extends SearchSpace = SearchSpace> {
  /** A file, `:memory:` (default), or a store that is open already. */
  readonly storage?: string | Storage;
  readonly name: string;
  /**
   * The direction of the only objective. Either this or `directions` is given for a new study. One that is stored is known
   * by its name alone: then objectives, seed, space and task are those of the study.
   */
  readonly direction?: Direction;
  /** One for each objective, in the order of the values of a trial. */
  readonly directions?: readonly Direction[];
  /** What the values of several objectives are called, in the order of `directions`. Default: no names. */
  readonly metricNames?: readonly string[];
  /** Integer from which all suggestions follow. Default: 0. */
  readonly seed?: number;
  /** Default: that of the stored study, else `auto`. */
  readonly sampler?: SamplerName | Sampler;
  /** Default: that of the stored study, else `none`. */
  readonly pruner?: PrunerName | Pruner;
  /** For pruners that look at folds: how the steps of the reports belong to them. Default: one fold of 1 step. */
  readonly shape?: TrialShape;
  /**
   * With `none` a trial learns from all trials that have finished when it begins, and any number of workers runs freely.
   * With a lag, trial k learns from the trials up to k − lag only, so the study is the same for any number of workers,
   * and no more than `lag` of them have work at once: an integer from 1, which learns from every trial and runs one at a
   * time, or `growing`, from 2 to 8 (`lagAt` in storage/storage.ts). Default: that of the stored study, else `none`.
   */
  readonly lag?: Lag;
  /** With it every trial has all parameters from the start; without it the objective names them on the way. */
  readonly space?: Space;
  /** What the trials are about, for those who join the study. Default: null. */
  readonly task?: JsonValue;
  /**
   * Another study whose trials this one learns from beside its own: one of the same store by its name, or as it was read
   * from any. The study keeps a copy of its best and newest trials, at most 100, so that the other one may go on or be
   * deleted. For the samplers auto, gp, tpe, tpe-joint and those of your own. Default: that of the stored study, else none.
   */
  readonly prior?: string | Pick<StudySnapshot, 'definition' | 'trials'>;
  /** Told in sentences which settings of the stored study change, and what the study learns from its prior. */
  readonly onChange?: (sentence: string) => void;
  /**
   * Told in a sentence what became of a store that is opened here and was lost or moved meanwhile, such as where the file
   * is to which the study was rescued. Default: a warning of the process.
   */
  readonly onNotice?: (sentence: string) => void;
  /**
   * For a store that is opened here: folder that keeps finished trials while a server does not answer. The study gets them
   * when it is opened again with this folder. Default: none, such trials are run again.
   */
  readonly unsavedDir?: string;
  /** Finished trials that the study shall have, for those who look on. Default: as it was said before, if it was. */
  readonly wantedTrials?: number;
}

const optionKinds: OptionKinds<StudyOptions> = {
  name: 'any',
  storage: 'any',
  direction: 'any',
  directions: 'any',
  metricNames: 'any',
  seed: 'any',
  sampler: 'any',
  pruner: 'any',
  shape: 'object',
  lag: 'any',
  space: 'object',
  task: 'any',
  prior: 'any',
  onChange: 'function',
  onNotice: 'function',
  unsavedDir: 'text',
  wantedTrials: 'any',
};

/** @param location of a store @throws StudyError if it cannot be used */
export type OpenStorage = (location: string, options?: StorageOptions) => Promise<Storage>;

/** See `openStudy`. */
export async function openStudyIn<const Space extends SearchSpace = SearchSpace>(
  openStorage: OpenStorage,
  options: StudyOptions<Space>,
): Promise<Study<Space>> {
  expectOptions('openStudy', options, optionKinds);
  for (const name of ['sampler', 'pruner', 'prior', 'storage'] as const) expectNameOr(name, options[name]);
  const { storage = memoryLocation, name, direction, directions, onNotice, unsavedDir } = options;
  // A store in memory that is made here has no studies.
  const isNamedAlone = direction === undefined && directions === undefined && storage !== memoryLocation;
  const isGiven = typeof storage !== 'string';
  const storeOptions = { onNotice, unsavedDir };
  if (!isNamedAlone) return open(options, isGiven ? storage : () => openStorage(storage, storeOptions), !isGiven);
  const store = isGiven
    ? storage
    : await openStorage(storage, { ...storeOptions, mustExist: true }).catch(withDirectionNamed);
  try {
    // The caller says what the space of the stored study is, if it has to be known.
    const known = (await storedOptions(store, name).catch(withDirectionNamed)) as Partial<StudyOptions<Space>>;
    return await open<Space>({ ...known, ...options }, store, !isGiven);
  } catch (error) {
    if (!isGiven) await store.close();
    throw error;
  }
}

/** Who forgets the direction of a new study is told so. */
function withDirectionNamed(error: unknown): never {
  if (!(error instanceof NoStudyError)) throw error;
  throw new NoStudyError(`${error.message} To make the study, give \`direction\` too.`, { cause: error });
}

/** What the stored study was made with. */
async function storedOptions(storage: Storage, study: string): Promise<Partial<StudyOptions>> {
  const definition = await definitionOf(storage, study);
  const { direction, directions, metricNames, seed, space, task } = definition;
  return {
    ...(directions === undefined ? { direction } : { directions }),
    ...(metricNames && { metricNames }),
    ...(space && { space }),
    seed,
    task,
  };
}

/** @param storage is opened when the options are found to make sense */
async function open<Space extends SearchSpace>(
  options: StudyOptions<Space>,
  storage: Storage | (() => Promise<Storage>),
  closesStore: boolean,
): Promise<Study<Space>> {
  const { name, seed = 0, sampler, pruner, lag } = options;
  const { space, shape, task = null, wantedTrials } = options;
  expectName('a study name', name);
  const objectives = objectivesIn(options);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`Expected \`seed\` to be an integer, got ${described(seed)}.`);
  if (lag !== undefined && lag !== 'growing' && lag !== 'none' && (!Number.isSafeInteger(lag) || lag < 1))
    throw new RangeError(`Expected \`lag\` to be an integer from 1, "growing" or "none", got ${described(lag)}.`);
  if (wantedTrials !== undefined && (!Number.isSafeInteger(wantedTrials) || wantedTrials < 1))
    throw new RangeError(`Expected \`wantedTrials\` to be an integer from 1, got ${described(wantedTrials)}.`);
  expectJson(task, 'task');
  const definition: StudyDefinition = {
    name,
    ...objectives,
    seed,
    space: space === undefined ? null : parseSpace(space),
    sampler: nameOf(sampler ?? 'auto'),
    pruner: nameOf(pruner ?? 'none'),
    lag: lag ?? 'none',
    task,
    ...(wantedTrials !== undefined && { wantedTrials }),
  };
  const makeSampler = (one: string | Sampler): Sampler =>
    typeof one === 'string' ? samplerByName(one, directionsOf(objectives).length) : one;
  const makePruner = (one: string | Pruner): Pruner => (typeof one === 'string' ? prunerByName(one, shape) : one);
  // Finds an unknown name before there is a study.
  makeSampler(sampler ?? 'auto');
  makePruner(pruner ?? 'none');
  if (objectives.directions && options.pruner !== undefined && options.pruner !== 'none') {
    throw new RangeError(
      'Expected no `pruner` with several objectives, where it is open which of two running trials is better: leave it out.',
    );
  }
  const isOpened = typeof storage === 'function';
  const store = isOpened ? await storage() : storage;
  try {
    const prior = await takePrior(options, definition, store);
    const stored = await store.createStudy({ ...definition, ...(prior && { prior }) });
    const wanted = <Kind extends 'sampler' | 'pruner' | 'lag'>(kind: Kind): StudyDefinition[Kind] =>
      options[kind] === undefined && stored[kind] !== 'custom' ? stored[kind] : definition[kind];
    const settings = { sampler: wanted('sampler'), pruner: wanted('pruner'), lag: wanted('lag') };
    // Another process may have begun the study meanwhile, with a copy of its own.
    const isOther = prior !== undefined && prior.study !== stored.prior?.study;
    const own = isOther ? prior : stored.prior;
    const wish: StudyDefinition = { ...definition, ...settings, ...(own && { prior: own }) };
    refuseDifference(stored, wish, store.location);
    for (const kind of ['sampler', 'pruner'] as const) refuseMissing(kind, options, stored, store.location);
    const changed = changesInWords(stored, wish);
    const before: StudySettings = {
      space: stored.space,
      sampler: stored.sampler,
      pruner: stored.pruner,
      lag: stored.lag,
      ...(stored.prior && { prior: stored.prior }),
    };
    const changes = {
      ...(wantedTrials !== undefined && wantedTrials !== stored.wantedTrials && { wantedTrials }),
      ...(changed.length > 0 && { ...settings, space: wish.space, earlier: [...(stored.earlier ?? []), before] }),
      ...(isOther && { prior }),
    };
    if (Object.keys(changes).length > 0) await store.changeStudy(name, changes);
    if (changed.length > 0) options.onChange?.(`Study ${quoted(name)} goes on with ${changed.join(', ')}.`);
    if (prior) options.onChange?.(priorInWords(wish, own!));
    const opened = { ...stored, ...changes };
    const makers = { sampler: makeSampler(sampler ?? stored.sampler), pruner: makePruner(pruner ?? stored.pruner) };
    const makersOf = (of: StudySettings) =>
      of === opened
        ? makers
        : {
            sampler: of.sampler === 'custom' ? makers.sampler : makeSampler(of.sampler),
            pruner: of.pruner === 'custom' ? makers.pruner : makePruner(of.pruner),
          };
    return new Study<Space>(opened, makersOf, store, closesStore, await store.readTrials(name));
  } catch (error) {
    if (isOpened) await store.close();
    throw error;
  }
}

/** @throws StudyError if the study has a sampler or pruner of the user's own, which has to be given again */
function refuseMissing(
  kind: 'sampler' | 'pruner',
  options: StudyOptions,
  { name, ...stored }: StudyDefinition,
  location: string,
): void {
  if (stored[kind] !== 'custom' || options[kind] !== undefined) return;
  throw new StudyError(
    `Study ${quoted(name)} in ${location} was made with a custom ${kind}: give it, or another one, as \`${kind}\`.`,
  );
}

/** @throws RangeError unless there is a direction for each objective, and for each a name if there are names */
function objectivesIn({ direction, directions, metricNames }: StudyOptions) {
  if (direction !== undefined && directions !== undefined) {
    throw new RangeError('Expected `direction` or `directions`, got both: give one of them.');
  }
  const all: unknown = directions ?? [direction];
  if (!Array.isArray(all) || all.length === 0) {
    throw new RangeError(`Expected \`directions\` to be a list of maximize and minimize, got ${described(all)}.`);
  }
  const wrong = all.find((one) => one !== 'maximize' && one !== 'minimize');
  if (wrong !== undefined || all.includes(undefined)) {
    throw new RangeError(`Expected direction maximize or minimize, got ${described(wrong)}.`);
  }
  if (metricNames !== undefined) expectNames(metricNames, all.length);
  const known: readonly Direction[] = all;
  return {
    direction: known[0],
    ...(known.length > 1 && { directions: [...known] }),
    ...(metricNames !== undefined && { metricNames: [...metricNames] }),
  };
}

function expectNames(names: readonly string[], count: number): void {
  if (!Array.isArray(names) || names.length !== count || new Set(names).size !== count) {
    throw new RangeError(`Expected \`metricNames\` to be ${count} different names, got ${described(names)}.`);
  }
  for (const name of names) expectName('a name of an objective', name);
}

/** @throws TypeError unless it is left out, a text, or what can stand in place of one */
function expectNameOr(key: keyof typeof nameOr, value: unknown): void {
  const { words, fits } = nameOr[key];
  if (value === undefined || typeof value === 'string' || fits(value)) return;
  throw new TypeError(`Expected \`${key}\` to be ${words}, got ${described(value)}.`);
}

const isFunction = (value: unknown): boolean => typeof value === 'function';
const hasMember =
  (name: string) =>
  (value: unknown): boolean =>
    typeof value === 'object' && value !== null && name in value;

const nameOr = {
  sampler: { words: 'the name of a sampler, or a function', fits: isFunction },
  pruner: { words: 'the name of a pruner, or a function', fits: isFunction },
  prior: { words: 'the name of a study, or a study', fits: hasMember('definition') },
  storage: { words: 'a file, the address of a database, or a store that is open', fits: hasMember('createStudy') },
};

const nameOf = (one: string | Sampler | Pruner): string => (typeof one === 'string' ? one : 'custom');
