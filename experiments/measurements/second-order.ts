/**
 * How fast the prediction of SWA approaches that of the ensemble when the points are contracted: w_i(s) = w̄ + s (w_i −
 * w̄). The slopes of log ‖f̄ − f(w̄)‖ and log mean ‖f_i − f_j‖ over log s are 2 and 1 if averaging weights differs from
 * averaging predictions by O(Δ²). Source: Izmailov et al. 2018, arXiv:1803.05407, section 3.5.
 */
import { averageWeights } from '../../pipeline/index.ts';
import { mean } from '../../numerics/statistics.ts';
import type { Measurement, Metrics } from './measurement.ts';
import { distance, predictions, spread } from './members.ts';

const SHRINKAGE = [1, 1 / 2, 1 / 4, 1 / 8];

export const secondOrder: Measurement = {
  columns: {
    gapSlope: { title: 'slope of gap', unit: 'number' },
    spreadSlope: { title: 'slope of spread', unit: 'number' },
  },
  async measure(trained): Promise<Metrics> {
    const { weights, test } = trained;
    if (weights.length < 2) return {};
    const center = averageWeights(weights);
    const gaps: number[] = [];
    const spreads: number[] = [];
    for (const shrinkage of SHRINKAGE) {
      const nearer = weights.map((vector) => vector.map((w, i) => center[i] + shrinkage * (w - center[i])));
      const { alone, ensemble, average } = await predictions(trained, nearer);
      gaps.push(distance(ensemble, average, test.count));
      spreads.push(spread(alone, test.count));
    }
    return { gapSlope: logSlope(SHRINKAGE, gaps), spreadSlope: logSlope(SHRINKAGE, spreads) };
  },
};

/** Least-squares slope of log y over log x. */
export function logSlope(x: readonly number[], y: readonly number[]): number {
  const [logX, logY] = [x, y].map((values) => values.map(Math.log));
  const [meanX, meanY] = [logX, logY].map(mean);
  let covariance = 0;
  let variance = 0;
  for (const [i, value] of logX.entries()) {
    covariance += (value - meanX) * (logY[i] - meanY);
    variance += (value - meanX) ** 2;
  }
  return covariance / variance;
}
