/**
 * Where trials crash. A Gaussian process of the value 1 at the points where trials crashed and −1 at the others says where
 * the next one would: beyond the line where its mean is 0. An acquisition falls steeply there, so that the search comes as
 * near to the line as the values ask for, and each trial beside it moves the line. The values are learnt from the other
 * trials alone: a value for a crashed one would be a step, which a smooth process takes for noise.
 * Source of both: Antonio 2021, "Sequential model based optimization of partially defined functions under unknown
 * constraints", which draws the line with a support vector machine.
 */
import type { Axis } from '../unit-cube.ts';
import type { Acquisition } from './acquire.ts';
import type { Point } from './covariance.ts';
import { learnThreshold } from './threshold.ts';

/** How much the acquisition, a logarithm, falls for each unit of the standardised mean. */
const steepness = 1000;

/** Points of trials, f64[d] each. */
export interface Ends {
  readonly finished: readonly Point[];
  readonly crashed: readonly Point[];
}

/** The acquisition, away from where trials would crash. */
export function awayFromCrashes(
  acquisition: Acquisition,
  { finished, crashed }: Ends,
  axes: readonly Axis[],
): Acquisition {
  if (crashed.length === 0) return acquisition;
  const points = [...finished, ...crashed];
  const categories = axes.map(({ isCategory }) => isCategory);
  const values = points.map((_, i) => (i < finished.length ? -1 : 1));
  const { model, threshold: line } = learnThreshold(points, values, categories);
  const slope = { mean: new Float64Array(axes.length), deviation: new Float64Array(axes.length) };
  return {
    score: (point) => acquisition.score(point) - steepness * Math.max(0, model.predict(point).mean - line),
    negative(point, gradient) {
      const value = acquisition.negative(point, gradient);
      const { mean } = model.differentiate(point, slope.mean, slope.deviation);
      if (mean <= line) return value;
      for (const [k, { levels }] of axes.entries()) if (levels === null) gradient[k] += steepness * slope.mean[k];
      return value + steepness * (mean - line);
    },
  };
}
