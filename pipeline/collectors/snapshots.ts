/** Snapshots: the weights at regular steps, all of which predict. What FGE and Snapshot Ensembles keep. */
import type { Collector } from '../collector.ts';

/**
 * @param first steps before the first snapshot
 * @param every steps from one snapshot to the next
 */
export function snapshots({ first, every }: { first: number; every: number }): Collector {
  const kept: Float32Array[] = [];
  return {
    observe(weights, steps) {
      if (steps >= first && (steps - first) % every === 0) kept.push(weights.slice());
    },
    points: (steps) => (steps < first ? 0 : Math.floor((steps - first) / every) + 1),
    // A training that stopped before its first snapshot has only its last weights.
    result: (last) => (kept.length > 0 ? kept : [last]),
  };
}
