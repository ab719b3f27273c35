/** Area under the ROC curve: how often an image of a class gets a larger probability of it than another image. */
import type { Counts, Metric, Predictions } from '../metric.ts';

/**
 * The area of the second of two classes; with more classes the mean over one class against all others. Classes that all
 * or none of the images belong to are left out; NaN if that leaves none. Equal probabilities count half (Hanley and McNeil 1982).
 */
export const rocAuc: Metric = {
  title: 'ROC AUC',
  needsTwoClasses: true,
  isOverClasses: true,
  direction: 'maximize',
  range: [0, 1],
  prepare(predictions) {
    const { classes } = predictions;
    const positives = classes === 2 ? [1] : Array.from({ length: classes }, (_, k) => k);
    const areas = positives.map((k) => areaOf(predictions, k));
    return (counts) => {
      const known = areas.map((area) => area(counts)).filter((value) => !Number.isNaN(value));
      return known.length === 0 ? NaN : known.reduce((sum, value) => sum + value, 0) / known.length;
    };
  },
};

/** The area for one class; NaN unless some images belong to it and some do not, and for predictions that are no numbers. */
function areaOf({ probabilities, labels, classes }: Predictions, k: number): (counts: Counts) => number {
  const scores = Float64Array.from(labels, (_, row) => probabilities[row * classes + k]);
  // A training that diverges predicts NaN, which has no place in an order.
  if (scores.some(Number.isNaN)) return () => NaN;
  const order = Uint32Array.from(labels, (_, row) => row).toSorted((a, b) => scores[a] - scores[b]);
  return (counts) => {
    let [positives, negatives, area] = [0, 0, 0];
    for (let start = 0; start < order.length;) {
      let [equalPositives, equalNegatives] = [0, 0];
      let end = start;
      for (; end < order.length && scores[order[end]] === scores[order[start]]; end += 1) {
        const row = order[end];
        const count = counts === null ? 1 : counts[row];
        if (labels[row] === k) equalPositives += count;
        else equalNegatives += count;
      }
      area += equalPositives * (negatives + equalNegatives / 2);
      positives += equalPositives;
      negatives += equalNegatives;
      start = end;
    }
    return area / (positives * negatives);
  };
}
