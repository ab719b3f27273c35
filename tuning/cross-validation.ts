/**
 * The objective of a search: a trial is a cross-validation, its value the out-of-fold score by the metric of the images,
 * followed by the measures that are objectives too.
 */
import type { Piscina } from 'piscina';
import { z } from 'zod';
import { findMetric } from '../data/index.ts';
import { UserError } from '../base/user-error.ts';
import { checkMemory } from '../models/index.ts';
import {
  type CrossValidationTask,
  describeDivergence,
  type FoldResult,
  makeFolds,
  runFold,
  valueOf,
  type Parameters,
  type EpochMetrics,
} from '../pipeline/index.ts';
import { standardDeviation } from '../numerics/statistics.ts';
import { type FrozenTrial, type Params, type Objective, foldOrder, type Study, type Trial } from '../search/index.ts';
import { isMeasure, measureNames, measures, type MeasureName } from './measures.ts';
import type { FoldCrew } from './fold-crew.ts';
import type { SearchTask } from './task.ts';
import { isTrainedWith, networkAttribute, networkDigest } from './trained-network.ts';

/** User attribute of a trial: of each finished fold, how many images it predicted right, of how many, and its measures. */
const foldsAttribute = 'folds';

/** What counts of a fold's validation images. */
export const foldScoreSchema = z.strictObject({
  /** Images predicted right. */
  correct: z.number(),
  count: z.number(),
  /** By the metric of the images, if that is not accuracy. */
  value: z.number().optional(),
});

export type FoldScore = Readonly<z.output<typeof foldScoreSchema>>;

const foldsSchema = z.record(
  z.string(),
  foldScoreSchema.extend({ measures: z.record(z.string(), z.number()).optional() }),
);

/**
 * The folds come one after the other, so that the pruner can save the later ones; the crew may have begun them before. Folds that an earlier run of the
 * trial finished are not trained again, nor is a trial with the parameters of an earlier one: it would be the same.
 */
export function crossValidation(
  pool: Piscina,
  task: SearchTask,
  study: Study,
  crew: FoldCrew,
  parametersOf: (params: Params) => Parameters,
  onEpoch: (trialNumber: number, fold: number, metrics: EpochMetrics, isTeacher: boolean) => void,
): Objective {
  const { epochs, folds, objectives = [], constraints = [] } = task;
  const prunes = study.definition.pruner !== 'none';
  const measured = measureNames.filter(
    (name) => objectives.includes(name) || constraints.some((limit) => limit.of === name),
  );
  const rows = makeFolds(task);
  const network = networkDigest(task.plan);
  return async (trial, stop) => {
    let parameters: Parameters;
    try {
      parameters = parametersOf(trial.params);
      checkMemory(task.plan, task.engine, Math.min(parameters.batchSize, rows[0].train.length));
    } catch (error) {
      // A trial that cannot be trained must not stay waiting for ever.
      if (error instanceof UserError) return { state: 'FAIL', reason: error.message };
      throw error;
    }
    const foldTask: CrossValidationTask = { ...task, parameters };
    const trained = sameTraining(trial, task) ?? trial;
    const isKept = isTrainedWith(task.plan, trained);
    const finished = foldsSchema.parse((isKept && trained.userAttributes[foldsAttribute]) || {});
    trial.setUserAttribute(networkAttribute, network);
    if (trained !== trial || !isKept) trial.setUserAttribute(foldsAttribute, finished);
    const order = orderOfFolds(trial, task);
    const open = order.filter((fold) => !(fold in finished));
    using training = crew.enter(open, (fold, onOwnEpoch) =>
      runFold(pool, foldTask, fold, rows[fold], {
        signal: stop,
        onEpoch(metrics, isTeacher) {
          onEpoch(trial.number, fold, metrics, isTeacher);
          return isTeacher || onOwnEpoch(metrics);
        },
      }),
    );
    for (const fold of order) {
      if (fold in finished) {
        reportAgain(trial, trained.intermediateValues, fold * epochs, epochs);
        continue;
      }
      const run = await training.follow(fold, (metrics) => {
        const value = metrics.validationMetric ?? metrics.validationAccuracy;
        if (value === undefined) return true;
        trial.report(value, fold * epochs + metrics.epoch);
        // The score of a whole fold follows at once.
        return metrics.epoch === epochs - 1 || !(prunes && trial.shouldPrune());
      });
      if (run.status === 'stopped') return { state: 'PRUNED' };
      if (run.status === 'diverged') return { state: 'FAIL', reason: describeDivergence(run) };
      const { metric } = run.validation;
      if (metric && !Number.isFinite(metric.value)) {
        return {
          state: 'FAIL',
          reason: `fold ${fold + 1} has no ${findMetric(metric.name).title}: a class is missing`,
        };
      }
      // The score of the weights that predict; training may have ended before the last epoch.
      trial.report(valueOf(run.validation), (fold + 1) * epochs - 1);
      finished[fold] = {
        ...foldScore(run),
        ...(measured.length > 0 && {
          measures: Object.fromEntries(measured.map((name) => [name, measures[name].ofFold(run)])),
        }),
      };
      trial.setUserAttribute(foldsAttribute, finished);
      // The end of the trial stores the last fold. A server that is away must not come before its score.
      if (Object.keys(finished).length === folds) continue;
      if (prunes && trial.shouldPrune()) return { state: 'PRUNED' };
      await study.renew(trial);
    }
    const scores = Array.from({ length: folds }, (_, fold) => finished[fold]);
    const score = scoreOf(scores);
    const measure = (name: MeasureName): number =>
      measures[name].together(scores.map((fold) => fold.measures?.[name] ?? NaN));
    for (const { text, of, missedBy } of constraints) {
      trial.setConstraint(text, missedBy(isMeasure(of) ? measure(of) : score));
    }
    return objectives.length === 0 ? score : [score, ...objectives.map(measure)];
  };
}

export const foldScore = ({ validation: { accuracy, n, metric } }: Pick<FoldResult, 'validation'>): FoldScore => ({
  correct: Math.round(accuracy * n),
  count: n,
  ...(metric && { value: metric.value }),
});

/** Mean over the folds, each weighted with its images. */
export function scoreOf(scores: readonly FoldScore[]): number {
  const total = (of: (score: FoldScore) => number): number => scores.reduce((sum, score) => sum + of(score), 0);
  return (
    total(({ correct, count, value }) => (value === undefined ? correct : value * count)) / total(({ count }) => count)
  );
}

/**
 * Standard error of a trial's score over its folds, whose training images overlap: √((1/k + 1/(k − 1)) s²), where s² is the
 * variance of k scores; null for fewer than two folds. Source: Nadeau and Bengio 2003, "Inference for the generalization
 * error".
 */
export function standardErrorOf({ userAttributes }: Pick<FrozenTrial, 'userAttributes'>): number | null {
  const { success, data } = foldsSchema.safeParse(userAttributes[foldsAttribute]);
  return success ? standardErrorOfScores(Object.values(data)) : null;
}

/** As `standardErrorOf`. */
export function standardErrorOfScores(folds: readonly FoldScore[]): number | null {
  const scores = folds.map(({ correct, count, value }) => value ?? correct / count);
  const k = scores.length;
  return k < 2 ? null : Math.sqrt(1 / k + 1 / (k - 1)) * standardDeviation(scores);
}

/** The pruner for folds says which of them decide fastest; all others take them as they are. */
function orderOfFolds({ history }: Trial, { pruner, folds, epochs, images }: SearchTask): readonly number[] {
  if (pruner !== 'folds') return Array.from({ length: folds }, (_, fold) => fold);
  return foldOrder(history, {
    folds,
    stepsPerFold: epochs,
    direction: findMetric(images.metric ?? 'accuracy').direction,
  });
}

/** A complete trial with the same parameters, whose training is that of this one to the bit. */
function sameTraining({ history, params }: Trial, { plan }: SearchTask): FrozenTrial | undefined {
  const names = Object.keys(params);
  return history.find(
    (one) =>
      one.state === 'COMPLETE' && names.every((name) => one.params[name] === params[name]) && isTrainedWith(plan, one),
  );
}

/** What an earlier run of the trial, or an equal trial, reported of a fold. */
function reportAgain(
  trial: Trial,
  reported: FrozenTrial['intermediateValues'],
  firstStep: number,
  count: number,
): void {
  for (let step = firstStep; step < firstStep + count; step += 1) {
    const value = reported[step];
    if (value !== undefined) trial.report(value, step);
  }
}
