/**
 * Labels that are probably wrong, by the predictions of networks that were not trained on them (confident learning).
 *
 * The threshold of a class is the mean probability that its own images get for it. An image counts for the class with
 * the largest probability among those that reach their threshold; where that is not its label, the label is suspected.
 * A label that the networks predict themselves is not, although the paper's counts have it too.
 * Source: Northcutt, Jiang and Chuang 2021, Journal of Artificial Intelligence Research 70, equations 1 to 3, arXiv:1911.00068.
 */
import type { Predictions } from './diagnosis.ts';

export interface SuspectedLabel {
  /** Position of the image, from 0. */
  readonly row: number;
  /** Classes by their position. */
  readonly label: number;
  readonly suggested: number;
  /** Probability of the label, and of the suggested class. */
  readonly labelProbability: number;
  readonly suggestedProbability: number;
}

export interface LabelErrors {
  readonly images: number;
  /** The one whose label has the least probability first. */
  readonly suspected: readonly SuspectedLabel[];
}

export function findLabelErrors({ probabilities, labels, classes: { length: classes } }: Predictions): LabelErrors {
  const thresholds = thresholdsOf(probabilities, labels, classes);
  const suspected: SuspectedLabel[] = [];
  for (let row = 0; row < labels.length; row += 1) {
    const own = probabilities.subarray(row * classes, (row + 1) * classes);
    let suggested = -1;
    for (let k = 0; k < classes; k += 1) {
      if (own[k] >= thresholds[k] && (suggested === -1 || own[k] > own[suggested])) suggested = k;
    }
    const label = labels[row];
    if (suggested === -1 || suggested === label || own.every((probability) => probability <= own[label])) continue;
    suspected.push({ row, label, suggested, labelProbability: own[label], suggestedProbability: own[suggested] });
  }
  return {
    images: labels.length,
    suspected: suspected.toSorted((a, b) => a.labelProbability - b.labelProbability || a.row - b.row),
  };
}

/** Mean probability of each class over the images with its label; no image reaches that of a class without any. */
function thresholdsOf(probabilities: Float32Array, labels: ArrayLike<number>, classes: number): Float64Array {
  const sums = new Float64Array(classes);
  const counts = new Float64Array(classes);
  for (let row = 0; row < labels.length; row += 1) {
    sums[labels[row]] += probabilities[row * classes + labels[row]];
    counts[labels[row]] += 1;
  }
  return sums.map((sum, k) => (counts[k] === 0 ? Infinity : sum / counts[k]));
}
