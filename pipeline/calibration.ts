/** Whether predictions are as sure as they are right. */
import { predictedLabels } from './evaluate.ts';

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

/**
 * Source: Guo et al. 2017, arXiv:1706.04599, equation 3.
 * @param probabilities f32[images × classes] @param labels true class of each image @param binCount Default: 15
 */
export function calibrationOf(
  probabilities: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
  binCount = 15,
): Calibration {
  const lowest = 1 / classes;
  const width = (1 - lowest) / binCount;
  const sums = Array.from({ length: binCount }, () => ({ count: 0, confidence: 0, right: 0 }));
  const predicted = predictedLabels(probabilities, classes);
  for (const [row, label] of predicted.entries()) {
    const confidence = probabilities[row * classes + label];
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
