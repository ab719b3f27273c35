/**
 * Stochastic Weight Averaging: one running mean of weights along the trajectory,  w_swa ← (w_swa · n + w) / (n + 1).
 * Source: Izmailov et al. 2018, arXiv:1803.05407, algorithm 1.
 */
import { type Vectors, wasmVectors } from '../../models/index.ts';
import { type Collector, isPoint, type Points, pointsIn } from '../collector.ts';

export function swa(points: Points): Collector {
  const mean = runningMean();
  return {
    observe(weights, steps, vectors = wasmVectors()) {
      if (isPoint(points, steps)) mean.add(weights, vectors);
    },
    points: (steps) => pointsIn(points, steps),
    // A training that stopped before its first point has only its last weights.
    result: (last) => [mean.value() ?? last],
  };
}

/**
 * The SWA average of saved checkpoints, for example of the snapshots of FGE. Batch-norm statistics of the checkpoints
 * do not fit the average: measure new ones with `Network.measure`.
 * @param checkpoints one or more f32[P]
 * @throws RangeError when there are none
 * @example await network.measure(averageWeights(solutions.map(({ weights }) => weights)), images)
 */
export function averageWeights(checkpoints: readonly Float32Array[]): Float32Array {
  const mean = runningMean();
  for (const weights of checkpoints) mean.add(weights, wasmVectors());
  const average = mean.value();
  if (!average) throw new RangeError('Expected at least one checkpoint to average, got none.');
  return average;
}

function runningMean() {
  let average: Float64Array | null = null;
  let n = 0;
  return {
    add(weights: Float32Array, vectors: Vectors): void {
      average ??= new Float64Array(weights.length);
      vectors.runningMean(average, weights, n);
      n += 1;
    },
    /** Null before the first point. */
    value: (): Float32Array | null => average && Float32Array.from(average),
  };
}
