/** Snapshots: the weights at regular steps, all of which predict. What FGE and Snapshot Ensembles keep. */
import { type Collector, isPoint, type Points, pointsIn } from '../collector.ts';

export function snapshots(points: Points): Collector {
  const kept: Float32Array[] = [];
  return {
    observe(weights, steps) {
      if (isPoint(points, steps)) kept.push(weights.slice());
    },
    points: (steps) => pointsIn(points, steps),
    // A training that stopped before its first snapshot has only its last weights.
    result: (last) => (kept.length > 0 ? kept : [last]),
  };
}
