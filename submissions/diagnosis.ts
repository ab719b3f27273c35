/** Where predictions go wrong: which classes are confused, how sure a network is, and which images it gets wrong. */
import { predictedLabels } from '../pipeline/index.ts';

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

export const confusionOf = ({ probabilities, labels, classes }: Predictions): Confusion =>
  confusionOfLabels(predictedLabels(probabilities, classes.length), labels, classes);

/** @param predicted class of each image @param labels true class of each */
export function confusionOfLabels(
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: readonly string[],
): Confusion {
  const counts = classes.map(() => classes.map(() => 0));
  for (let row = 0; row < labels.length; row += 1) counts[labels[row]][predicted[row]] += 1;
  return { classes, counts };
}

/** @param binCount Default: 15. Source: Guo et al. 2017, arXiv:1706.04599, equation 3. */
export function calibrationOf({ probabilities, labels, classes }: Predictions, binCount = 15): Calibration {
  const lowest = 1 / classes.length;
  const width = (1 - lowest) / binCount;
  const sums = Array.from({ length: binCount }, () => ({ count: 0, confidence: 0, right: 0 }));
  const predicted = predictedLabels(probabilities, classes.length);
  for (const [row, label] of predicted.entries()) {
    const confidence = probabilities[row * classes.length + label];
    const bin = sums[Math.min(Math.max(Math.floor((confidence - lowest) / width), 0), binCount - 1)];
    bin.count += 1;
    bin.confidence += confidence;
    bin.right += Number(labels[row] === label);
  }
  return {
    bins: sums.map(({ count, confidence, right }, i) => ({
      from: lowest + i * width,
      to: lowest + (i + 1) * width,
      count,
      confidence: count === 0 ? null : confidence / count,
      accuracy: count === 0 ? null : right / count,
    })),
    error: sums.reduce((sum, { confidence, right }) => sum + Math.abs(right - confidence), 0) / predicted.length,
  };
}

/** The mistakes with the highest probability first; the earlier of equals first. */
export function mistakesOf({ probabilities, labels, classes }: Predictions): Mistake[] {
  const mistakes: Mistake[] = [];
  for (const [row, predicted] of predictedLabels(probabilities, classes.length).entries()) {
    if (predicted === labels[row]) continue;
    mistakes.push({ row, label: labels[row], predicted, confidence: probabilities[row * classes.length + predicted] });
  }
  return mistakes.toSorted((a, b) => b.confidence - a.confidence || a.row - b.row);
}
