/** Where search meets training: a trial is a cross-validation, its value the out-of-fold accuracy. */
import { existsSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Piscina } from 'piscina';
import type { LabelledImages } from '../data/images.ts';
import type { Plan } from '../models/engine/plan.ts';
import { crossValidate } from '../pipeline/cross-validate.ts';
import { type Parameters, parametersSchema } from '../pipeline/experiment.ts';
import type { Method } from '../pipeline/method.ts';
import { findMethod } from '../pipeline/methods/index.ts';
import type { EpochMetrics } from '../pipeline/train.ts';
import { validate } from '../pipeline/validate.ts';
import type { Params, ParameterValue } from './distributions.ts';
import { type Objective, optimize, type OptimizeResult } from './optimize.ts';
import type { SamplerName } from './samplers/index.ts';
import { openStorage } from './storage/index.ts';
import { bestOf, openStudy } from './study.ts';
import type { FrozenTrial, TrialState } from './trial.ts';

export interface SearchTask {
  readonly competition: string;
  readonly model: string;
  readonly plan: Plan;
  readonly engine: string;
  readonly method: string;
  readonly images: LabelledImages;
  /** Finished trials that the study has at the end, those of earlier runs included. */
  readonly trials: number;
  readonly epochs: number;
  readonly folds: number;
  readonly seed: number;
  readonly sampler: SamplerName;
  readonly timeoutMs?: number;
  /** An SQLite file; made with its folders if it is missing. */
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
}

export interface SearchOutcome {
  readonly study: string;
  readonly trials: { readonly complete: number; readonly pruned: number; readonly failed: number };
  readonly best: {
    readonly number: number;
    readonly value: number;
    readonly params: Params;
  } | null;
  readonly seconds: number;
  readonly stopped: OptimizeResult['stopped'];
}

/**
 * Searches the parameters of one method, beginning with its defaults. The study goes on where an earlier run of the
 * same competition, images, model, method, epochs, folds and seed stopped.
 * @throws StudyError when the storage cannot be used or the study is being run elsewhere
 */
export async function searchMethod(
  pool: Piscina,
  task: SearchTask,
  { signal, onOpen, onTrial, onEpoch }: SearchProgress = {},
): Promise<SearchOutcome> {
  const started = performance.now();
  const method = findMethod(task.method);
  const study = await openStudy({
    storage: task.storage,
    name: studyName(task),
    direction: 'maximize',
    seed: task.seed,
    sampler: task.sampler,
    space: method.space,
  });
  const objective: Objective = async (trial, stop) => {
    const parameters = parametersSchema.parse({ ...method.defaults, ...trial.params });
    const onFoldEpoch = (fold: number, metrics: EpochMetrics): void =>
      onEpoch?.(task.method, trial.number, fold, metrics);
    const result = await crossValidate(pool, { ...task, parameters }, { signal: stop, onEpoch: onFoldEpoch });
    if (result.status === 'diverged') {
      const { fold, epoch, step } = result;
      return { state: 'FAIL', reason: `fold ${fold + 1} diverged in epoch ${epoch + 1}, at step ${step}` };
    }
    for (const [fold, { validation }] of result.folds.entries()) trial.report(validation.accuracy, fold);
    return result.outOfFold.accuracy;
  };
  try {
    if (study.trials.length === 0) await study.enqueueTrial(searchedDefaults(method));
    onOpen?.(task.method, study.finishedCount);
    const { stopped, bestTrial } = await optimize(study, objective, {
      trials: task.trials,
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
          seconds: durationSeconds(trial),
        });
      },
    });
    const count = (state: TrialState): number => study.trials.filter((trial) => trial.state === state).length;
    return {
      study: study.definition.name,
      trials: { complete: count('COMPLETE'), pruned: count('PRUNED'), failed: count('FAIL') },
      best: bestTrial && {
        number: bestTrial.number,
        value: bestTrial.value!,
        params: bestTrial.params,
      },
      seconds: (performance.now() - started) / 1000,
      stopped,
    };
  } finally {
    await study.close();
  }
}

export type BestQuery = Pick<SearchTask, 'competition' | 'model' | 'method' | 'images' | 'storage'>;

/**
 * The best parameters found on these images for this model and method: those of the study whose trials were trained
 * longest (epochs × folds), of equals the one used last.
 * @returns null if there is no such file or study, or no trial of it is complete
 * @throws StudyError when the file is there but cannot be used
 */
export async function bestParameters(
  query: BestQuery,
): Promise<{ readonly parameters: Parameters; readonly from: string } | null> {
  if (!existsSync(query.storage)) return null;
  const storage = await openStorage(query.storage, { mustExist: true });
  try {
    const prefix = studyPrefix(query);
    const suffix = studySuffix(query);
    const candidates: { name: string; best: FrozenTrial; lastUsed: string }[] = [];
    for (const { name, direction } of await storage.listStudies()) {
      if (!name.startsWith(prefix) || !name.endsWith(suffix)) continue;
      const trials = await storage.readTrials(name);
      const best = bestOf(trials, direction);
      const lastUsed =
        trials
          .map((trial) => trial.finishedAt ?? '')
          .toSorted()
          .at(-1) ?? '';
      if (best) candidates.push({ name, best, lastUsed });
    }
    const [chosen] = candidates.toSorted(
      (a, b) => trainingOf(b.name) - trainingOf(a.name) || (a.lastUsed < b.lastUsed ? 1 : -1),
    );
    if (!chosen) return null;
    const from = `trial ${chosen.best.number} of study ${chosen.name}`;
    const values = { ...findMethod(query.method).defaults, ...chosen.best.params };
    return { parameters: validate(parametersSchema, values, from), from };
  } finally {
    await storage.close();
  }
}

const studyPrefix = ({ competition, model, method }: Pick<SearchTask, 'competition' | 'model' | 'method'>): string =>
  `${competition}/${model}/${method}/`;

/** Trials can only be compared when they were made alike: all that matters is part of the name. */
function studyName(task: SearchTask): string {
  return `${studyPrefix(task)}epochs-${task.epochs}-folds-${task.folds}-seed-${task.seed}${studySuffix(task)}`;
}

/** A digest of what else decides a trial's value: the images, and the parameters that are not searched. */
function studySuffix({ method, images }: Pick<SearchTask, 'method' | 'images'>): string {
  const { defaults, space } = findMethod(method);
  const fixed = Object.entries(defaults).filter(([name]) => !(name in space));
  const digest = crc32(JSON.stringify(fixed), crc32(new Uint8Array(images.labels.buffer), crc32(images.pixels)));
  return `-setup-${digest.toString(16).padStart(8, '0')}`;
}

/** How much training stands behind a trial of the study, by its name. */
function trainingOf(name: string): number {
  const [, epochs, folds] = /epochs-(\d+)-folds-(\d+)-/.exec(name) ?? [];
  return Number(epochs) * Number(folds);
}

const searchedDefaults = ({ defaults, space }: Method): Params =>
  Object.fromEntries(Object.keys(space).map((name) => [name, defaults[name as keyof Parameters] as ParameterValue]));

function durationSeconds({ startedAt, finishedAt }: FrozenTrial): number {
  return startedAt === null || finishedAt === null ? 0 : (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
}
