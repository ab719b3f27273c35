/** Learning-rate schedules: functions of the step, counted from 0 over the whole training. */
import type { Clock } from './experiment.ts';

export interface Schedule {
  /** η of a step. */
  rate(step: number): number;
  /**
   * Sees the validation accuracy after every epoch.
   * @returns false to end the training
   */
  observe?(score: number, epoch: number): boolean;
}

export const constant = (learningRate: number): Schedule => ({ rate: () => learningRate });

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

/**
 * SWA's sawtooth over `cycleSteps` = c: α = (1 − t) α₁ + t α₂ with t = (mod(i − 1, c) + 1) / c for step i = 1, 2, …
 * Source: Izmailov et al. 2018, arXiv:1803.05407, section 3.2.
 */
export const sawtooth = (top: number, bottom: number, cycleSteps: number): Schedule => ({
  rate(step) {
    const t = ((step % cycleSteps) + 1) / cycleSteps;
    return (1 - t) * top + t * bottom;
  },
});

/** `first` up to the step `at`, then `second`, whose steps count from 0 again. Only the running one observes scores. */
export const join = (first: Schedule, at: number, second: Schedule, { stepsPerEpoch }: Clock): Schedule => ({
  rate: (step) => (step < at ? first.rate(step) : second.rate(step - at)),
  observe(score, epoch) {
    const running = (epoch + 1) * stepsPerEpoch < at ? first : second;
    return running.observe?.(score, epoch) ?? true;
  },
});
