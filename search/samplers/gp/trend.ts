/** A known function as the mean of a Gaussian process. */
import type { Point } from './covariance.ts';

export interface Trend {
  readonly at: (point: Point) => number;
  /** Writes the gradient by the coordinates, 0 for categories. */
  readonly differentiate: (point: Point, gradient: Float64Array) => void;
}

/** factor · (t(x) − middle) */
export const scaled = (trend: Trend, factor: number, middle: number): Trend => ({
  at: (point) => factor * (trend.at(point) - middle),
  differentiate(point, gradient) {
    trend.differentiate(point, gradient);
    for (let k = 0; k < gradient.length; k++) gradient[k] *= factor;
  },
});
