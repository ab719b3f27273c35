/**
 * How TPE learns from the trials of another study: as from its own, but with a weight that fades as own trials come, and
 * the sooner the less the other study would have told of them.
 */
import { signOf, type Direction } from '../direction.ts';
import type { SearchSpace } from '../distributions.ts';
import type { FrozenTrial } from '../frozen-trial.ts';
import type { Prior, PriorTrial } from '../prior.ts';
import { trendOf } from './gp/prior-trend.ts';
import { observationWeights } from './parzen.ts';
import { axesOf, locate } from './unit-cube.ts';

/** With so many own trials the others do not count any more. */
const fadingTrials = 40;
/** Full agreement is expected as firmly as if so many own trials had shown it. */
const expectedTrials = 5;

/** Whether a trial that is drawn before a study can be learnt from is drawn by the prior: every other one is. */
export const isOfPrior = (number: number): boolean => number % 2 === 0;

/**
 * Weight of each trial of the prior, where a new own one has 1.
 * @param history finished trials
 * @param space their parameters
 */
export function priorWeight(
  prior: Prior,
  history: readonly FrozenTrial[],
  space: SearchSpace,
  direction: Direction,
): number {
  const share = 1 - history.length / fadingTrials;
  return share <= 0 ? 0 : share * agreement(prior, history, space, direction) ** 2;
}

/** From 0 to 1, by Kendall's τ between the values of own trials and what the prior says of them. */
function agreement(prior: Prior, history: readonly FrozenTrial[], space: SearchSpace, direction: Direction): number {
  const axes = axesOf(ofAll(prior.trials, space));
  const trend = trendOf(prior, axes);
  if (trend === undefined) return 1;
  const complete = history.filter(({ value }) => value !== null);
  const pairs = locate(axes, complete).map(({ trial, point }) => [signOf(direction) * trial.value!, trend.at(point)]);
  let concordance = 0;
  for (const [i, [value, expected]] of pairs.entries()) {
    for (let j = 0; j < i; j++) concordance += Math.sign((pairs[j][0] - value) * (pairs[j][1] - expected));
  }
  const count = pairs.length;
  // n τ, where there are n (n − 1) / 2 pairs.
  const shown = count < 2 ? 0 : concordance / ((count - 1) / 2);
  return Math.max(0, (shown + expectedTrials) / (count + expectedTrials));
}

/** The parameters that all of these trials have. */
export const ofAll = (trials: readonly PriorTrial[], space: SearchSpace): SearchSpace =>
  Object.fromEntries(
    Object.entries(space).filter(([name]) => trials.every(({ params }) => Object.hasOwn(params, name))),
  );

/** The best trials of the prior. */
export function bestOfPrior({ trials, direction }: Prior, count: number): readonly PriorTrial[] {
  const sign = signOf(direction);
  return trials.toSorted((a, b) => sign * (a.value - b.value)).slice(0, count);
}

/**
 * Weights of members of a Parzen estimator, where its prior has 1: own ones by their age, as without another study.
 * @param places in order of time, those of the other study first
 * @param before number of places that are of the other study
 */
export function weightsAfterPrior(places: Uint32Array, before: number, weight: number): Float64Array {
  const own = places.filter((place) => place >= before).length;
  const byAge = observationWeights(own);
  const first = places.length - own;
  return Float64Array.from(places, (_, i) => (i < first ? weight : byAge[i - first] / byAge[own]));
}
