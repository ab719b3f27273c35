/** Where search meets training: a trial is a cross-validation, its value the out-of-fold accuracy. */
import { crc32 } from 'node:zlib';
import type { Piscina } from 'piscina';
import { z } from 'zod';
import type { LabelledImages } from '../data/images.ts';
import { UserError } from '../base/user-error.ts';
import { engineOfBits } from '../models/engine/engines.ts';
import type { Plan } from '../models/engine/plan.ts';
import { type CrossValidationTask, makeFolds, runFold } from '../pipeline/cross-validate.ts';
import { type Parameters, parametersSchema, recordedParametersSchema } from '../pipeline/experiment.ts';
import { findMethod } from '../pipeline/methods/index.ts';
import type { EpochMetrics } from '../pipeline/train.ts';
import { validate } from '../base/validate.ts';
import { contains, expectValues } from './distributions.ts';
import type { Distribution, Params, ParameterValue, SearchSpace } from './distributions.ts';
import { type Objective, optimize, type OptimizeResult } from './optimize.ts';
import { foldOrder } from './pruners/folds.ts';
import type { PrunerName } from './pruners/index.ts';
import type { SamplerName } from './samplers/index.ts';
import { openStorage, storageExists } from './storage/index.ts';
import type { StudyDefinition } from './storage/storage.ts';
import { bestOf, openStudy } from './study.ts';
import type { Study } from './study.ts';
import { durationSeconds, lastUsed } from './trial.ts';
import type { JsonValue, FrozenTrial, Trial, TrialState } from './trial.ts';

export interface SearchTask {
  readonly competition: string;
  readonly model: string;
  readonly plan: Plan;
  readonly engine: string;
  readonly method: string;
  readonly images: LabelledImages;
  /** Finished trials that the study has at the end, those of earlier runs and of other processes included. */
  readonly trials: number;
  /** It joins a search, which has said how many trials the study shall have. Default: false. */
  readonly joins?: boolean;
  /** Trials that run at once; each trains its folds one after the other. */
  readonly workers: number;
  readonly epochs: number;
  readonly folds: number;
  readonly seed: number;
  readonly sampler: SamplerName;
  readonly pruner: PrunerName;
  /** What is searched. Default: the space of the method. */
  readonly space?: SearchSpace;
  /** Parameters that are not searched, in place of the method's defaults. */
  readonly fixed?: Params;
  /** Trials to be run first. */
  readonly enqueue?: readonly Params[];
  readonly timeoutMs?: number;
  /** An SQLite file, made with its folders if it is missing, or the URL of a database. */
  readonly storage: string;
}

export interface FinishedTrial {
  readonly number: number;
  readonly state: TrialState;
  readonly value: number | null;
  readonly params: Params;
  /** Best value of the study so far. */
  readonly best: number | null;
  readonly finished: number;
  readonly total: number;
  readonly seconds: number;
}

export interface SearchProgress {
  readonly signal?: AbortSignal;
  /** Called when the study is open, with the number of trials that it has finished already. */
  readonly onOpen?: (method: string, finished: number) => void;
  readonly onTrial?: (method: string, trial: FinishedTrial) => void;
  readonly onEpoch?: (method: string, trialNumber: number, fold: number, metrics: EpochMetrics) => void;
  /** After every epoch of a training that only predicts labels for the one that counts. */
  readonly onTeacherEpoch?: (method: string, trialNumber: number) => void;
}

export interface SearchOutcome {
  readonly study: string;
  readonly trials: { readonly complete: number; readonly pruned: number; readonly failed: number };
  /** Trials that were to be run first and are not, since the study has its trials: the numbers that they have. */
  readonly waiting: readonly number[];
  /** Epochs of all trials and their folds that were trained, and that would have been without pruning. */
  readonly epochs: { readonly trained: number; readonly planned: number };
  readonly best: {
    readonly number: number;
    readonly value: number;
    readonly params: Params;
    /** All parameters of the training. */
    readonly parameters: Parameters;
  } | null;
  readonly seconds: number;
  readonly stopped: OptimizeResult['stopped'];
}

/** What decides the value of a trial, beside its parameters: stored with the study. */
const taskSchema = z.strictObject({
  competition: z.string(),
  model: z.string(),
  method: z.string(),
  engine: z.string(),
  epochs: z.number(),
  folds: z.number(),
  /** Parameters that are neither searched nor as the schema has them: new ones leave old studies as they are. */
  fixed: z.record(z.string(), z.json()) as z.ZodType<Params>,
  /** Digest of images and labels. */
  images: z.string(),
});

export type StudyTask = z.output<typeof taskSchema>;

/** User attribute of a trial: of each finished fold, how many images it predicted right, and of how many. */
const foldsAttribute = 'folds';
const foldsSchema = z.record(z.string(), z.strictObject({ correct: z.number(), count: z.number() }));

/**
 * Searches the parameters of one method, beginning with its defaults. The study goes on where an earlier run with the
 * same settings and images stopped; other processes may run it at the same time.
 * @throws UserError for parameters that the method does not have or cannot be trained with; StudyError when the storage
 *   cannot be used
 */
export async function searchMethod(
  pool: Piscina,
  task: SearchTask,
  { signal, onOpen, onTrial, onEpoch, onTeacherEpoch }: SearchProgress = {},
): Promise<SearchOutcome> {
  const started = performance.now();
  const { epochs, folds } = task;
  const { space, fixed } = settingsOf(task);
  expectTrainable(task, space, fixed);
  const study = await openStudy({
    storage: task.storage,
    name: studyName(task),
    direction: 'maximize',
    seed: task.seed,
    sampler: task.sampler,
    pruner: task.pruner,
    shape: { folds, stepsPerFold: epochs },
    space,
    task: studyTask(task),
    wantedTrials: task.joins ? undefined : task.trials,
  });
  const parametersOf = (params: Params): Parameters =>
    validate(parametersSchema, { ...fixed, ...params }, `trial parameters of ${task.method}`);
  try {
    await enqueue(study, [...(task.enqueue ?? []), defaultsIn(space, task.method)]);
    onOpen?.(task.method, study.finishedCount);
    const objective = crossValidation(pool, task, study, parametersOf, {
      onEpoch: (number, fold, metrics) => onEpoch?.(task.method, number, fold, metrics),
      onTeacherEpoch: (number) => onTeacherEpoch?.(task.method, number),
    });
    const { stopped, bestTrial } = await optimize(study, objective, {
      trials: task.trials,
      workers: task.workers,
      timeoutMs: task.timeoutMs,
      signal,
      onTrial(trial) {
        onTrial?.(task.method, {
          number: trial.number,
          state: trial.state,
          value: trial.value,
          params: trial.params,
          best: study.bestTrial?.value ?? null,
          finished: study.finishedCount,
          total: task.trials,
          seconds: durationSeconds(trial) ?? 0,
        });
      },
    });
    const { trials } = study;
    const count = (state: TrialState): number => trials.filter((trial) => trial.state === state).length;
    const finished = count('COMPLETE') + count('PRUNED') + count('FAIL');
    return {
      study: study.definition.name,
      trials: { complete: count('COMPLETE'), pruned: count('PRUNED'), failed: count('FAIL') },
      waiting: trials.filter(({ state }) => state === 'WAITING').map(({ number }) => number),
      epochs: {
        trained: trials.reduce((sum, { intermediateValues }) => sum + Object.keys(intermediateValues).length, 0),
        planned: finished * folds * epochs,
      },
      best: bestTrial && {
        number: bestTrial.number,
        value: bestTrial.value!,
        params: bestTrial.params,
        parameters: parametersOf(bestTrial.params),
      },
      seconds: (performance.now() - started) / 1000,
      stopped,
    };
  } finally {
    await study.close();
  }
}

/**
 * Trains the folds one after the other, so that the pruner can save the later ones. Folds that an earlier run of the
 * trial finished are not trained again.
 */
function crossValidation(
  pool: Piscina,
  task: SearchTask,
  study: Study,
  parametersOf: (params: Params) => Parameters,
  {
    onEpoch,
    onTeacherEpoch,
  }: {
    onEpoch: (trialNumber: number, fold: number, metrics: EpochMetrics) => void;
    onTeacherEpoch: (trialNumber: number) => void;
  },
): Objective {
  const { epochs, folds } = task;
  const rows = makeFolds(task);
  return async (trial, stop) => {
    let parameters: Parameters;
    try {
      parameters = parametersOf(trial.params);
    } catch (error) {
      // A trial that nobody can train must not wait for ever.
      if (error instanceof UserError) return { state: 'FAIL', reason: error.message };
      throw error;
    }
    const foldTask: CrossValidationTask = { ...task, parameters };
    const finished = foldsSchema.parse(trial.userAttributes[foldsAttribute] ?? {});
    for (const fold of orderOfFolds(trial, task)) {
      if (fold in finished) {
        reportAgain(trial, fold * epochs, epochs);
        continue;
      }
      const run = await runFold(pool, foldTask, fold, rows[fold], {
        signal: stop,
        onTeacherEpoch: () => onTeacherEpoch(trial.number),
        onEpoch(metrics) {
          onEpoch(trial.number, fold, metrics);
          trial.report(metrics.validationAccuracy, fold * epochs + metrics.epoch);
          // The score of a whole fold follows at once.
          return metrics.epoch === epochs - 1 || !trial.shouldPrune();
        },
      });
      if (run.status === 'stopped') return { state: 'PRUNED' };
      if (run.status === 'diverged') {
        const where = `in epoch ${run.epoch + 1}, at step ${run.step}`;
        return { state: 'FAIL', reason: `fold ${fold + 1} diverged ${where}` };
      }
      const { accuracy, n } = run.validation;
      // The score of the weights that predict; training may have ended before the last epoch.
      trial.report(accuracy, (fold + 1) * epochs - 1);
      finished[fold] = { correct: Math.round(accuracy * n), count: n };
      trial.setUserAttribute(foldsAttribute, finished);
      const isLast = Object.keys(finished).length === folds;
      if (!isLast && trial.shouldPrune()) return { state: 'PRUNED' };
      await study.renew(trial);
    }
    const scores = Array.from({ length: folds }, (_, fold) => finished[fold]);
    const total = (key: 'correct' | 'count'): number => scores.reduce((sum, score) => sum + score[key], 0);
    return total('correct') / total('count');
  };
}

/** The pruner for folds says which of them decide fastest; all others take them as they are. */
function orderOfFolds({ history }: Trial, { pruner, folds, epochs }: SearchTask): readonly number[] {
  if (pruner !== 'folds') return Array.from({ length: folds }, (_, fold) => fold);
  return foldOrder(history, { folds, stepsPerFold: epochs, direction: 'maximize' });
}

/** What an earlier run of the trial reported of a fold. */
function reportAgain(trial: Trial, firstStep: number, count: number): void {
  for (let step = firstStep; step < firstStep + count; step += 1) {
    const value = trial.intermediateValues[step];
    if (value !== undefined) trial.report(value, step);
  }
}

/**
 * Finds out before there is a study whether the method can be trained with what it will be asked to.
 * @throws UserError for a search space, or a trial to begin with, that reaches beyond the range of a parameter
 */
function expectTrainable({ method: id, epochs, enqueue: first = [] }: SearchTask, space: SearchSpace, fixed: Params) {
  const method = findMethod(id);
  const expect = (params: Params, where: string): void => {
    const parameters = validate(parametersSchema, { ...method.defaults, ...fixed, ...params }, where);
    method.compose(parameters, { epochs, stepsPerEpoch: 1 });
  };
  for (const [name, distribution] of Object.entries(space)) {
    for (const value of extremes(distribution)) expect({ [name]: value }, `the search space of ${id}`);
  }
  for (const params of first) {
    try {
      expectValues(space, params);
    } catch (error) {
      if (error instanceof RangeError) throw new UserError(`A trial to begin with: ${error.message}`, { cause: error });
      throw error;
    }
    expect(params, 'a trial to begin with');
  }
}

/** Values that are in range only if all of the distribution are: its ends, and for floats one that is no whole number. */
function extremes(distribution: Distribution): readonly ParameterValue[] {
  if (distribution.kind === 'categorical') return distribution.choices;
  const { kind, low, high, step } = distribution;
  if (kind === 'int' || low === high) return [low, high];
  return [low, high, step === undefined ? low + (high - low) / Math.PI : low + step];
}

/** Adds those trials that the study does not have yet: of several processes that begin a study at once one succeeds. */
async function enqueue(study: Study, wanted: readonly Params[]): Promise<void> {
  const isThere = (params: Params): boolean =>
    study.trials.some((trial) => Object.entries(params).every(([name, value]) => trial.params[name] === value));
  for (const params of wanted) {
    while (!isThere(params) && (await study.enqueueTrial(params, study.trials.length)) === null);
  }
}

/** The method's defaults, as far as they lie in the search space. */
function defaultsIn(space: SearchSpace, method: string): Params {
  const defaults = findMethod(method).defaults as unknown as Params;
  return Object.fromEntries(
    Object.entries(space).flatMap(([name, distribution]) =>
      contains(distribution, defaults[name]) ? [[name, defaults[name]]] : [],
    ),
  );
}

export type BestQuery = Pick<SearchTask, 'competition' | 'model' | 'method' | 'images' | 'storage'>;

/**
 * The best parameters found on these images for this model and method: those of the study whose trials were trained
 * longest (epochs × folds), of equals the one used last.
 * @returns null if there is no such store or study, or no trial of it is complete
 * @throws StudyError when the store is there but cannot be used
 */
export async function bestParameters(
  query: BestQuery,
): Promise<{ readonly parameters: Parameters; readonly from: string } | null> {
  if (!storageExists(query.storage)) return null;
  const storage = await openStorage(query.storage, { mustExist: true });
  const digest = imagesDigest(query.images);
  try {
    const candidates: { name: string; task: StudyTask; best: FrozenTrial; used: string }[] = [];
    for (const definition of await storage.listStudies()) {
      const task = readTask(definition);
      if (task === null || task.images !== digest) continue;
      if (task.competition !== query.competition || task.model !== query.model || task.method !== query.method)
        continue;
      const { name, direction } = definition;
      const { trials } = await storage.readTrials(name);
      const best = bestOf(trials, direction);
      if (best) candidates.push({ name, task, best, used: lastUsed(trials)! });
    }
    const [chosen] = candidates.toSorted(
      (a, b) => b.task.epochs * b.task.folds - a.task.epochs * a.task.folds || (a.used < b.used ? 1 : -1),
    );
    if (!chosen) return null;
    const from = `trial ${chosen.best.number} of study ${chosen.name}`;
    const values = { ...chosen.task.fixed, ...chosen.best.params };
    return { parameters: validate(recordedParametersSchema, values, from), from };
  } finally {
    await storage.close();
  }
}

/** What the trials of a study are about; null for a study that was not made by `searchMethod`. */
export function readTask({ task }: StudyDefinition): StudyTask | null {
  return taskSchema.safeParse(task).data ?? null;
}

/** Trials can only be compared when they were made alike: all that matters is part of the name. */
export function studyName(task: SearchTask): string {
  const { competition, model, method, epochs, folds, seed, sampler, pruner } = task;
  const { fixed, images, engine } = studyTask(task);
  const digest = crc32(JSON.stringify([fixed, images, engine, settingsOf(task).space]))
    .toString(16)
    .padStart(8, '0');
  const settings = `epochs-${epochs}-folds-${folds}-seed-${seed}-${sampler}-${pruner}`;
  return `${competition}/${model}/${method}/${settings}-setup-${digest}`;
}

function studyTask(task: SearchTask): StudyTask & { readonly [key: string]: JsonValue } {
  const { competition, model, method, engine, epochs, folds, images } = task;
  const fixed = JSON.parse(JSON.stringify(settingsOf(task).fixed));
  // Kernels of another kind, but the same bits, belong to the same study.
  const decisive = { competition, model, method, engine: engineOfBits(engine), epochs, folds, fixed };
  return { ...decisive, images: imagesDigest(images) };
}

/** @returns what is searched, and all other parameters @throws UserError for a parameter that there is not */
function settingsOf({ method: id, space, fixed = {} }: Pick<SearchTask, 'method' | 'space' | 'fixed'>): {
  readonly space: SearchSpace;
  readonly fixed: Params;
} {
  const method = findMethod(id);
  const known = Object.keys(parametersSchema.shape);
  for (const name of [...Object.keys(space ?? {}), ...Object.keys(fixed)]) {
    if (!known.includes(name)) throw new UserError(`Unknown parameter "${name}". Known: ${known.join(', ')}.`);
  }
  const all = validate(parametersSchema, { ...method.defaults, ...fixed }, `the fixed parameters of ${id}`);
  const searched = Object.fromEntries(Object.entries(space ?? method.space).filter(([name]) => !(name in fixed)));
  if (Object.keys(searched).length === 0) {
    throw new UserError(`Expected a parameter of ${id} to search, but all are fixed: leave one out.`);
  }
  const isOwn = ([name, value]: [string, unknown]): boolean =>
    !(name in searched) && JSON.stringify(value) !== JSON.stringify(schemaDefault(name));
  return { space: searched, fixed: Object.fromEntries(Object.entries(all).filter(isOwn)) as Params };
}

const schemaDefault = (name: string): unknown =>
  parametersSchema.shape[name as keyof Parameters].safeParse(undefined).data;

const digests = new WeakMap<LabelledImages, string>();

function imagesDigest(images: LabelledImages): string {
  let digest = digests.get(images);
  if (digest === undefined) {
    digest = crc32(new Uint8Array(images.labels.buffer), crc32(images.pixels)).toString(16).padStart(8, '0');
    digests.set(images, digest);
  }
  return digest;
}
