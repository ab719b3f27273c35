/** Reduce on plateau: the only schedule here that looks at scores. */
import type { Schedule } from '../schedule.ts';

/**
 * After `patience` epochs without a better score η is multiplied by `factor` (and the count starts again), or
 * training stops, or nothing happens.
 * @example plateau({ learningRate: 0.06, patience: 3, onPlateau: 'lower' })
 */
export function plateau({
  learningRate,
  patience,
  onPlateau,
  factor = 0.5,
}: {
  learningRate: number;
  patience: number;
  onPlateau: 'lower' | 'stop' | 'ignore';
  factor?: number;
}): Schedule {
  let rate = learningRate;
  let best = -Infinity;
  let waited = 0;
  return {
    rate: () => rate,
    observe(score) {
      if (score > best) {
        best = score;
        waited = 0;
        return true;
      }
      waited += 1;
      if (waited < patience || onPlateau === 'ignore') return true;
      if (onPlateau === 'stop') return false;
      waited = 0;
      rate *= factor;
      return true;
    },
  };
}
