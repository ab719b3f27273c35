/** Where predictions go wrong: which classes are confused, how sure a network is, and which images it gets wrong. */

/** What is predicted, and what is true. */
export interface Predictions {
  /** f32[images × classes] */
  readonly probabilities: Float32Array;
  readonly labels: ArrayLike<number>;
  readonly classes: readonly string[];
}

export interface Confusion {
  readonly classes: readonly string[];
  /** Images: a row for each true class, a column for each predicted one. */
  readonly counts: readonly (readonly number[])[];
}

export interface Calibration {
  /** Images by the probability of their predicted class: of equal width, from 1 / classes to 1, also empty ones. */
  readonly bins: readonly {
    readonly from: number;
    readonly to: number;
    readonly count: number;
    /** Mean probability of the predicted classes, and share of those that are right. Null in an empty bin. */
    readonly confidence: number | null;
    readonly accuracy: number | null;
  }[];
  /** Expected calibration error: mean over the images of |accuracy − confidence| of their bin, in [0, 1]. */
  readonly error: number;
}

export interface Mistake {
  /** Position of the image, from 0. */
  readonly row: number;
  /** Classes by their position. */
  readonly label: number;
  readonly predicted: number;
  /** Probability of the predicted class. */
  readonly confidence: number;
}

export function confusionOf(_predictions: Predictions): Confusion {
  throw new Error('not yet');
}

/** @param binCount Default: 15. Source: Guo et al. 2017, arXiv:1706.04599, equation 3. */
export function calibrationOf(_predictions: Predictions, _binCount = 15): Calibration {
  throw new Error('not yet');
}

/** The surest first. */
export function mistakesOf(_predictions: Predictions): Mistake[] {
  throw new Error('not yet');
}
