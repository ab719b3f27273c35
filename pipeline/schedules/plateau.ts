/** Reduce on plateau: the only schedule here that looks at scores. */
import type { Schedule } from '../schedule.ts';

/**
 * After `patience` epochs without a better score η is halved (and the count starts again), or training stops, or
 * nothing happens.
 * @example plateau({ learningRate: 0.06, patience: 3, onPlateau: 'lower' })
 */
export function plateau({
  learningRate,
  patience,
  onPlateau,
}: {
  learningRate: number;
  patience: number;
  onPlateau: 'lower' | 'stop' | 'ignore';
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
      rate /= 2;
      return true;
    },
  };
}
