/** Metrics of the confusion matrix: how often each class is taken for each other. */
import type { Counts, Metric, Predictions } from '../metric.ts';

/** counts[true class × classes + predicted class]. */
interface Confusion {
  readonly matrix: Float64Array;
  /** Images that are of each class. */
  readonly actual: Float64Array;
  /** Images that are taken for each class. */
  readonly predicted: Float64Array;
  readonly total: number;
  readonly classes: number;
}

/** Makes a metric's `prepare` of a function of the confusion matrix. */
export const ofConfusion =
  (value: (confusion: Confusion) => number): Metric['prepare'] =>
  (predictions) =>
  (counts) =>
    value(confusionOf(predictions, counts));

function confusionOf({ predicted, labels, classes }: Predictions, counts: Counts): Confusion {
  const confusion = {
    matrix: new Float64Array(classes * classes),
    actual: new Float64Array(classes),
    predicted: new Float64Array(classes),
  };
  let total = 0;
  for (let i = 0; i < labels.length; i += 1) {
    const count = counts === null ? 1 : counts[i];
    confusion.matrix[labels[i] * classes + predicted[i]] += count;
    confusion.actual[labels[i]] += count;
    confusion.predicted[predicted[i]] += count;
    total += count;
  }
  return { ...confusion, total, classes };
}

/** Harmonic mean of precision and recall of each class, 0 where both are. */
const f1 = ({ matrix, actual, predicted, classes }: Confusion): number[] =>
  Array.from({ length: classes }, (_, k) => {
    const both = actual[k] + predicted[k];
    return both === 0 ? 0 : (2 * matrix[k * classes + k]) / both;
  });

const oneByOne = { direction: 'maximize', ofLabels: true } as const;

/** Mean F1 of the classes that occur among the labels or the predictions. */
export const macroF1: Metric = {
  ...oneByOne,
  isOverClasses: true,
  title: 'macro F1',
  range: [0, 1],
  prepare: ofConfusion((confusion) => {
    const isThere = (k: number): boolean => confusion.actual[k] + confusion.predicted[k] > 0;
    const values = f1(confusion).filter((_, k) => isThere(k));
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  }),
};

/** Mean F1, in which each class counts as often as it occurs among the labels. */
export const weightedF1: Metric = {
  ...oneByOne,
  title: 'weighted F1',
  range: [0, 1],
  prepare: ofConfusion(
    (confusion) => f1(confusion).reduce((sum, value, k) => sum + value * confusion.actual[k], 0) / confusion.total,
  ),
};

/** Mean recall of the classes that occur among the labels. */
export const balancedAccuracy: Metric = {
  ...oneByOne,
  isOverClasses: true,
  title: 'balanced accuracy',
  range: [0, 1],
  prepare: ofConfusion(({ matrix, actual, classes }) => {
    const recalls = Array.from(actual, (n, k) => (n === 0 ? null : matrix[k * classes + k] / n));
    const known = recalls.filter((recall) => recall !== null);
    return known.reduce((sum, recall) => sum + recall, 0) / known.length;
  }),
};

/**
 * Cohen's kappa with quadratic weights: the classes are numbers in their order, and a mistake costs the square of its
 * distance. 0 is what chance gives. Source: Cohen 1968.
 */
export const quadraticKappa: Metric = {
  ...oneByOne,
  needsTwoClasses: true,
  title: 'quadratic weighted kappa',
  range: [-1, 1],
  prepare: ofConfusion(({ matrix, actual, predicted, total, classes }) => {
    let observed = 0;
    let expected = 0;
    for (let i = 0; i < classes; i += 1) {
      for (let j = 0; j < classes; j += 1) {
        const weight = (i - j) ** 2;
        observed += weight * matrix[i * classes + j];
        expected += (weight * actual[i] * predicted[j]) / total;
      }
    }
    // One class alone, predicted everywhere: nothing can be said about agreement.
    return expected === 0 ? NaN : 1 - observed / expected;
  }),
};

/** The correlation of labels and predictions for any number of classes; 0 where one of the two never changes. Source: Gorodkin 2004. */
export const matthews: Metric = {
  ...oneByOne,
  title: 'Matthews correlation',
  range: [-1, 1],
  prepare: ofConfusion(({ matrix, actual, predicted, total, classes }) => {
    let correct = 0;
    let product = 0;
    let actualSquares = 0;
    let predictedSquares = 0;
    for (let k = 0; k < classes; k += 1) {
      correct += matrix[k * classes + k];
      product += actual[k] * predicted[k];
      actualSquares += actual[k] ** 2;
      predictedSquares += predicted[k] ** 2;
    }
    const variances = (total ** 2 - actualSquares) * (total ** 2 - predictedSquares);
    return variances === 0 ? 0 : (correct * total - product) / Math.sqrt(variances);
  }),
};
