/**
 * SWA-Gaussian: networks drawn from a Gaussian around the SWA average, which predict together. Its covariance is half
 * that of the collected points, weight by weight, and half that of the last K points, in their directions:
 *   θ = θ̄ + √½ σ ⊙ z₁ + D z₂ / √(2 (K − 1)),  z₁, z₂ ~ N(0, 1),
 * with σ² the variance of each weight and the columns of D the points less the running mean at that time.
 * Source: Maddox et al. 2019, arXiv:1902.02476, algorithm 1 and equation 1.
 */
import { random } from '../../numerics/random.ts';
import { wasmVectors } from '../../models/index.ts';
import { type Collector, isPoint, type Points, pointsIn } from '../collector.ts';

/** K of the paper. */
const LARGEST_RANK = 20;

export interface SwagOptions extends Points {
  /** Networks to draw. */
  readonly samples: number;
  readonly seed: number;
}

export function swag({ samples, seed, ...points }: SwagOptions): Collector {
  let mean = new Float64Array(0);
  /** Sums of (θ − θ̄_before)(θ − θ̄_after): n times the variances. Source: Welford 1962. */
  let squares = new Float64Array(0);
  let deviations: Float32Array[] = [];
  let n = 0;

  const draw = (sample: number): Float32Array => {
    const stream = random(seed, 'swag', sample);
    const z = deviations.map(() => stream.normal());
    const reach = deviations.length > 1 ? 1 / Math.sqrt(2 * (deviations.length - 1)) : 0;
    return Float32Array.from(mean, (center, i) => {
      let along = 0;
      for (let k = 0; k < z.length; k += 1) along += deviations[k][i] * z[k];
      return center + Math.sqrt(squares[i] / n / 2) * stream.normal() + reach * along;
    });
  };

  return {
    observe(weights, steps, vectors = wasmVectors()) {
      if (!isPoint(points, steps)) return;
      if (n === 0) [mean, squares] = [new Float64Array(weights.length), new Float64Array(weights.length)];
      for (let i = 0; i < weights.length; i += 1) squares[i] += (n / (n + 1)) * (weights[i] - mean[i]) ** 2;
      vectors.runningMean(mean, weights, n);
      n += 1;
      deviations = [...deviations, weights.map((weight, i) => weight - mean[i])].slice(-LARGEST_RANK);
    },
    points: (steps) => pointsIn(points, steps),
    // A training that stopped before its second point has no covariance.
    result(last) {
      if (n < 2) return [n === 1 ? Float32Array.from(mean) : last];
      return Array.from({ length: samples }, (_, sample) => draw(sample));
    },
  };
}
