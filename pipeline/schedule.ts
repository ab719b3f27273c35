/** The contract of a learning-rate schedule, and how two follow one another. */

/** A training length, as schedules and collectors see it. */
export interface Clock {
  readonly epochs: number;
  readonly stepsPerEpoch: number;
}

/** A function of the step, counted from 0. */
export interface Schedule {
  /** η of a step. */
  rate(step: number): number;
  /**
   * Sees the validation score after every epoch that has one: more is better.
   * @returns false to end the training
   */
  observe?(score: number, epoch: number): boolean;
}

export const totalSteps = ({ epochs, stepsPerEpoch }: Clock): number => Math.round(epochs * stepsPerEpoch);

/** `first` up to the step `at`, then `second`, whose steps count from 0 again. Only the running one observes scores. */
export const join = (first: Schedule, at: number, second: Schedule, { stepsPerEpoch }: Clock): Schedule => ({
  rate: (step) => (step < at ? first.rate(step) : second.rate(step - at)),
  observe(score, epoch) {
    const running = (epoch + 1) * stepsPerEpoch < at ? first : second;
    return running.observe?.(score, epoch) ?? true;
  },
});
