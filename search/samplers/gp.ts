/**
 * Bayesian optimisation: a Gaussian process fitted to the trials so far says of every point how good it may be, and the
 * point with the largest expected improvement is suggested. For studies of some hundred expensive trials: the cost of a
 * suggestion grows with the cube of the trials, up to `mostObservations`.
 * Source: Jones et al. 1998, "Efficient global optimization of expensive black-box functions"; trials in flight:
 * Ginsbourger et al. 2010, "Kriging is well-suited to parallelize optimization".
 */
import { sameDistribution } from '../distributions.ts';
import type { Params, ParameterValue, SearchSpace } from '../distributions.ts';
import type { FrozenTrial } from '../trial.ts';
import { acquire } from './gp/acquire.ts';
import { fitHyperparameters } from './gp/fit.ts';
import type { Point } from './gp/kernel.ts';
import { posterior } from './gp/posterior.ts';
import { standardize, warp } from './gp/values.ts';
import { randomSampler } from './random.ts';
import type { Direction, Sampler, SamplerContext } from './sampler.ts';
import { createColumns } from './columns.ts';
import { lastReport, tpeSampler } from './tpe.ts';
import { axesOf, locate, toParams } from './unit-cube.ts';
import type { Axis } from './unit-cube.ts';

/** The first trials of a study, drawn at random. */
const startupTrials = 10;
/** Of more trials only the best and the newest are learnt from, half and half. */
const mostObservations = 200;
/** Best points whose neighbours are candidates. */
const bestCount = 4;

export interface Observation {
  readonly point: Point;
  /** To be minimised. */
  readonly value: number;
}

/**
 * Without a search space as data, and with parameters that only some trials have, everything is drawn by TPE: a model
 * of a part of the parameters would take the others for noise.
 */
export function gpSampler(): Sampler {
  const random = randomSampler();
  const tpe = tpeSampler();
  return (context) => {
    const { number, history, space } = context;
    if (number < startupTrials || history.length === 0) return random(context);
    const axes = axesOf(space ?? wholeSpace(history));
    const observations = observe(history, axes, context.direction);
    if (axes.length === 0 || observations.length === 0) return tpe(context);
    const drawAlone = tpe(context);
    let together: Params | undefined;
    return (name, distribution): ParameterValue => {
      const isJoint = axes.some((axis) => axis.name === name && sameDistribution(axis.distribution, distribution));
      if (!isJoint) return drawAlone(name, distribution);
      together ??= toParams(axes, suggest(context, axes, mostUseful(observations)));
      return together[name];
    };
  };
}

/** The parameters of the trials if all have the same, else none. */
function wholeSpace(history: readonly FrozenTrial[]): SearchSpace {
  const common = createColumns().commonSpace(history);
  const isWhole = history.every(({ distributions }) => Object.keys(distributions).every((name) => name in common));
  return isWhole ? common : {};
}

/**
 * The trials as values to be minimised. A failed one counts as the worst complete one, so that the search turns away
 * from it; a pruned one as its last report, but not as better than the median, since something has judged it hopeless,
 * nor as worse than the worst, since the beginning of a learning curve may be anywhere.
 * @returns none if no trial is complete
 */
export function observe(
  history: readonly FrozenTrial[],
  axes: readonly Axis[],
  direction: Direction,
): readonly Observation[] {
  const sign = direction === 'minimize' ? 1 : -1;
  const usable = locate(axes, history);
  const complete = usable.flatMap(({ trial: { value } }) => (value === null ? [] : [sign * value]));
  if (complete.length === 0) return [];
  const sorted = complete.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  const worst = sorted[sorted.length - 1];
  return usable.map(({ trial, point }) => {
    if (trial.value !== null) return { point, value: sign * trial.value };
    const report = trial.state === 'PRUNED' ? sign * lastReport(trial).value : NaN;
    return { point, value: Number.isNaN(report) ? worst : Math.min(Math.max(report, median), worst) };
  });
}

function mostUseful(observations: readonly Observation[]): readonly Observation[] {
  if (observations.length <= mostObservations) return observations;
  const best = new Set(observations.toSorted((a, b) => a.value - b.value).slice(0, mostObservations / 2));
  const newest = observations.filter((observation) => !best.has(observation)).slice(-mostObservations / 2);
  return [...best, ...newest];
}

function suggest(
  { pending, random }: SamplerContext,
  axes: readonly Axis[],
  observations: readonly Observation[],
): Point {
  const categories = axes.map(({ isCategory }) => isCategory);
  const points = observations.map(({ point }) => point);
  const values = standardize(warp(observations.map(({ value }) => value)));
  const hyperparameters = fitHyperparameters(points, values, categories);
  const observed = posterior(points, values, categories, hyperparameters);
  // Trials in flight are believed to turn out as predicted: nothing is left to be gained near them.
  const inFlight = locate(axes, pending).map(({ point }) => point);
  const believed = inFlight.map((point) => observed.predict(point).mean);
  const all = [...points, ...inFlight];
  const model =
    inFlight.length === 0
      ? observed
      : posterior(all, Float64Array.of(...values, ...believed), categories, hyperparameters);
  // What is to be improved on is the best mean, not the luckiest value.
  const ranked = all.map((point) => ({ point, mean: model.predict(point).mean })).toSorted((a, b) => a.mean - b.mean);
  const best = ranked.slice(0, bestCount).map(({ point }) => point);
  return acquire(model, axes, best, ranked[0].mean, random('gp'));
}
