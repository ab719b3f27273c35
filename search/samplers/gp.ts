/**
 * Bayesian optimisation: a Gaussian process fitted to the trials so far predicts the value at every point and its
 * uncertainty, and the point with the largest expected improvement is suggested. For studies of some hundred expensive
 * trials: the cost of a suggestion grows with the cube of the trials, up to `mostObservations`. Source: Jones et al.
 * 1998, "Efficient global optimization of expensive black-box functions"; noise: Letham et al. 2019, "Constrained
 * Bayesian optimization with noisy experiments", arXiv:1706.07094, with one draw; trials in flight: Ginsbourger et al.
 * 2010, "Kriging is well-suited to parallelize optimization".
 */
import { isFeasible } from '../../numerics/constraints.ts';
import { sameDistribution } from '../distributions.ts';
import type { Params, ParameterValue, SearchSpace } from '../distributions.ts';
import { valuesOf, type FrozenTrial } from '../frozen-trial.ts';
import { ownValue } from '../../base/own-value.ts';
import { bestByFronts } from '../pareto.ts';
import { largest, upperMedian } from '../../numerics/statistics.ts';
import { acquire, improvementOn } from './gp/acquire.ts';
import { awayFromCrashes, type Ends } from './gp/crashes.ts';
import { drawFunction } from './gp/draw-function.ts';
import type { Point } from './gp/covariance.ts';
import { suggestJointly, type JointTask } from './gp/joint.ts';
import { learn, leastNoise } from './gp/learn.ts';
import { posterior } from './gp/posterior.ts';
import { trendOf } from './gp/prior-trend.ts';
import type { Trend } from './gp/trend.ts';
import { randomSampler } from './random.ts';
import { directionsOf, type Direction } from '../direction.ts';
import type { Sampler, SamplerContext } from './sampler.ts';
import { createColumns } from './columns.ts';
import { lastReport, tpeSampler } from './tpe.ts';
import { isOfPrior } from './tpe-prior.ts';
import { axesOf, locate, type Located, toParams } from './unit-cube.ts';
import type { Axis } from './unit-cube.ts';

/** Number of first trials of a study that are drawn at random. */
const startupTrials = 10;
/** Default of `observations`. */
const mostObservations = 200;
/** Number of best points whose neighbours are candidates. */
const bestCount = 4;

interface GpOptions {
  /**
   * Most trials that a suggestion learns from, an even number: of more trials the best and the newest, half and half.
   * The cost of a suggestion grows with its cube. Default: 200.
   */
  readonly observations?: number;
}

interface Observation {
  readonly at: Located;
  /** The value to be minimised. */
  readonly value: number;
}

/**
 * Without a search space as data, and with parameters that only some trials have, everything is drawn by TPE: a model
 * of a part of the parameters would take the others for noise.
 */
export function gpSampler({ observations: most = mostObservations }: GpOptions = {}): Sampler {
  const random = randomSampler();
  const tpe = tpeSampler();
  return (context) => {
    const { number, history, space, prior } = context;
    const axes = space === null && history.length === 0 ? [] : axesOf(space ?? modelled(history));
    const trend = prior && trendOf(prior, axes);
    const isEarly = number < startupTrials || history.length === 0;
    if (isEarly && (trend === undefined || !isOfPrior(number))) return random(context);
    const observations = observe(history, axes, context.direction);
    if (axes.length === 0 || (observations.length === 0 && trend === undefined)) return tpe(context);
    const drawAlone = tpe(context);
    let together: Params | undefined;
    return (name, distribution): ParameterValue => {
      const isJoint = axes.some((axis) => axis.name === name && sameDistribution(axis.distribution, distribution));
      if (!isJoint) return drawAlone(name, distribution);
      together ??= toParams(
        axes,
        isSeveral(context)
          ? suggestJointly({ ...jointTask(context, axes, most), trend })
          : suggest(context, axes, mostUseful(observations, most), most, trend),
      );
      return together[name];
    };
  };
}

/** Whether there is more to be learnt than one value for each trial. */
const isSeveral = ({ directions, history }: SamplerContext): boolean =>
  directions !== undefined || history.some(({ constraints }) => constraints !== undefined);

function jointTask(context: SamplerContext, axes: readonly Axis[], most: number): JointTask {
  const { history, pending, random } = context;
  const directions = directionsOf(context);
  const usable = newestAndBest(
    locate(axes, withoutFailed(history)).map(({ trial }) => trial),
    directions,
    most,
  );
  const names = new Set(usable.flatMap(({ constraints = {} }) => Object.keys(constraints)));
  return {
    axes,
    points: locate(axes, usable).map(({ point }) => point),
    ends: ends(context, axes, most),
    objectives: directions.map((direction, k) => {
      const ofOne = usable.map((trial) => ({ ...trial, value: valuesOf(trial)?.[k] ?? null }));
      return observe(ofOne, axes, direction).map(({ value }) => value);
    }),
    constraints: [...names].map((name) => usable.map(({ constraints = {} }) => ownValue(constraints, name))),
    isFeasible: usable.map((trial) => trial.state === 'COMPLETE' && isFeasible(trial)),
    pending: locate(axes, pending).map(({ point }) => point),
    isOpen: openPoints(context, axes),
    random: random('gp'),
  };
}

/** By number. */
function newestAndBest(
  trials: readonly FrozenTrial[],
  directions: readonly Direction[],
  most: number,
): readonly FrozenTrial[] {
  if (trials.length <= most) return trials;
  const kept = new Set(bestByFronts(trials, directions, most / 2));
  for (let i = trials.length - 1; kept.size < most; i--) kept.add(trials[i]);
  return trials.filter((trial) => kept.has(trial));
}

/** The parameters of the trials if all have the same, else none. There has to be a trial. */
export function modelled(history: readonly FrozenTrial[]): SearchSpace {
  const common = createColumns().commonSpace(history);
  const isWhole = history.every(({ distributions }) => Object.keys(distributions).every((name) => name in common));
  return isWhole ? common : {};
}

const hasFailed = ({ state }: FrozenTrial): boolean => state === 'FAIL';
const withoutFailed = (trials: readonly FrozenTrial[]): readonly FrozenTrial[] =>
  trials.filter((trial) => !hasFailed(trial));

/** How the newest trials ended, at most so many. */
function ends({ history }: SamplerContext, axes: readonly Axis[], most: number): Ends {
  const newest = locate(axes, history).slice(-most);
  const pointsOf = (failed: boolean): Point[] =>
    newest.filter(({ trial }) => hasFailed(trial) === failed).map(({ point }) => point);
  return { finished: pointsOf(false), crashed: pointsOf(true) };
}

/**
 * The trials that did not fail as values to be minimised. A pruned one counts as its last report, but not as better than
 * the median, since something has judged it hopeless, nor as worse than the worst, since the beginning of a learning curve
 * may be anywhere.
 * @returns none if no trial is complete
 */
export function observe(
  history: readonly FrozenTrial[],
  axes: readonly Axis[],
  direction: Direction,
): readonly Observation[] {
  const sign = direction === 'minimize' ? 1 : -1;
  const usable = locate(axes, withoutFailed(history));
  const complete = usable.flatMap(({ trial: { value } }) => (value === null ? [] : [sign * value]));
  if (complete.length === 0) return [];
  const median = upperMedian(complete);
  const worst = largest(complete);
  return usable.map((at) => {
    const { trial } = at;
    if (trial.value !== null) return { at, value: sign * trial.value };
    const report = trial.state === 'PRUNED' ? sign * lastReport(trial).value : NaN;
    return { at, value: Number.isNaN(report) ? worst : Math.min(Math.max(report, median), worst) };
  });
}

/** The best and the newest, if there are more than a suggestion can learn from. */
export function mostUseful(observations: readonly Observation[], most = mostObservations): readonly Observation[] {
  if (observations.length <= most) return observations;
  const best = new Set(observations.toSorted((a, b) => a.value - b.value).slice(0, most / 2));
  const newest = observations.filter((observation) => !best.has(observation)).slice(-most / 2);
  return [...best, ...newest];
}

/**
 * Trials take turns. One with an even number believes one draw of what the function may be behind the noise: a point
 * that was observed is then known, so it looks for a better one elsewhere ("noisy expected improvement"). One with an
 * odd number improves on the best mean: it goes where the function is best by all that is known, again if need be,
 * which tells luck from worth. Without noise both are the same.
 */
function suggest(
  context: SamplerContext,
  axes: readonly Axis[],
  observations: readonly Observation[],
  most: number,
  prior?: Trend,
): Point {
  const { number, pending, random } = context;
  const stream = random('gp');
  const categories = axes.map(({ isCategory }) => isCategory);
  const points = observations.map(({ at }) => at.point);
  const observedValues = observations.map(({ value }) => value);
  const { values, hyperparameters: fitted, trend } = learn(points, observedValues, categories, prior);
  const jitter = leastNoise * fitted.signal;
  const believesDraw = number % 2 === 0 && fitted.noise > jitter;
  const hyperparameters = believesDraw ? { ...fitted, noise: jitter } : fitted;
  const seen = believesDraw ? drawFunction(points, values, categories, fitted, jitter, stream, trend) : values;
  const observed = posterior(points, seen, categories, hyperparameters, trend);
  // Trials in flight are believed to turn out as predicted: nothing is left to be gained near them.
  const inFlight = locate(axes, pending).map(({ point }) => point);
  const believed = inFlight.map((point) => observed.predict(point).mean);
  const all = [...points, ...inFlight];
  const model =
    inFlight.length === 0
      ? observed
      : posterior(all, Float64Array.of(...seen, ...believed), categories, hyperparameters, trend);
  // What is to be improved on is the best mean, not the luckiest value.
  const byMean = (some: readonly Point[]): readonly { readonly point: Point; readonly mean: number }[] =>
    some.map((point) => ({ point, mean: model.predict(point).mean })).toSorted((a, b) => a.mean - b.mean);
  const ranked = byMean(all);
  const elsewhere = prior ? byMean(locate(axes, context.prior?.trials ?? []).map(({ point }) => point)) : [];
  const best = [...ranked.slice(0, bestCount), ...elsewhere.slice(0, bestCount)].map(({ point }) => point);
  // Without any trial the deviation is the same everywhere, and any target leads to the best mean.
  const target = (ranked[0] ?? elsewhere[0])?.mean ?? 0;
  const improvement = improvementOn(model, target, axes);
  const acquisition = awayFromCrashes(improvement, ends(context, axes, most), axes);
  return acquire(acquisition, axes, best, stream, openPoints(context, axes));
}

const openPoints = ({ isOpen }: SamplerContext, axes: readonly Axis[]): ((point: Point) => boolean) | undefined =>
  isOpen && ((point) => isOpen(toParams(axes, point)));
