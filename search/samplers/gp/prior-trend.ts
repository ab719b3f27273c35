/**
 * What another study says of every point: the mean of a Gaussian process of its trials. It becomes the mean function of
 * the process of a study, with a weight that is learnt from the trials of both. Parameters that only one of the studies
 * has do not count in it. Source: Golovin et al. 2017, "Google Vizier", section 3.3, with the weight of 1 that it has
 * there as an expectation.
 */
import { signOf } from '../../direction.ts';
import type { Prior } from '../../prior.ts';
import { locate, type Axis } from '../unit-cube.ts';
import type { Point } from './covariance.ts';
import { learn } from './learn.ts';
import { posterior } from './posterior.ts';
import type { Trend } from './trend.ts';

/** Those of the studies that this process runs. */
const known = new WeakMap<Prior, { readonly key: string; readonly trend: Trend | undefined }>();

/** @returns values to be minimised; undefined if no trial of the prior has a place in the space */
export function trendOf(prior: Prior, axes: readonly Axis[]): Trend | undefined {
  const key = JSON.stringify(axes);
  const before = known.get(prior);
  if (before?.key === key) return before.trend;
  const trend = computeTrend(prior, axes);
  known.set(prior, { key, trend });
  return trend;
}

function computeTrend({ trials, direction }: Prior, axes: readonly Axis[]): Trend | undefined {
  const places = axes.flatMap(({ name }, k) => (trials.some(({ params }) => Object.hasOwn(params, name)) ? [k] : []));
  const shared = places.map((k) => axes[k]);
  const located = shared.length === 0 ? [] : locate(shared, trials);
  if (located.length === 0) return undefined;
  const points = located.map(({ point }) => point);
  const categories = shared.map(({ isCategory }) => isCategory);
  const observed = located.map(({ trial }) => signOf(direction) * trial.value);
  const { values, hyperparameters } = learn(points, observed, categories);
  const model = posterior(points, values, categories, hyperparameters);
  const part = (point: Point): Point => Float64Array.from(places, (k) => point[k]);
  const slopes = { mean: new Float64Array(places.length), deviation: new Float64Array(places.length) };
  return {
    at: (point) => model.predict(part(point)).mean,
    differentiate(point, gradient) {
      model.differentiate(part(point), slopes.mean, slopes.deviation);
      gradient.fill(0);
      for (const [i, k] of places.entries()) gradient[k] = slopes.mean[i];
    },
  };
}
