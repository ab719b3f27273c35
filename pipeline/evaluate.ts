/** How well probabilities fit labels. */

import {
  crossEntropy,
  turned,
  findMetric,
  scoreBy,
  type MetricName,
  type NamedScore,
  type Predictions,
} from '../data/index.ts';

/**
 * Most training images of a fold on which its final networks are scored. Nobody decides anything by this score, which
 * only shows how closely a network fits what it has learned from; the standard error of 99 % is a tenth of a point.
 */
export const SCORED_TRAINING_IMAGES = 8192;

/** A share of correct predictions with its sampling error. */
export interface Score {
  readonly accuracy: number;
  /** Images scored. */
  readonly n: number;
  /** √(p (1 − p) / n), the binomial standard error of the accuracy. */
  readonly standardError: number;
  /** By the metric of the competition, where that is not accuracy. */
  readonly metric?: NamedScore;
}

export function score(correct: number, n: number): Score {
  const accuracy = correct / n;
  return { accuracy, n, standardError: Math.sqrt((accuracy * (1 - accuracy)) / n) };
}

export const predictionsOf = (
  probabilities: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
): Predictions => ({ probabilities, predicted: predictedLabels(probabilities, classes), labels, classes });

/** The accuracy, and the score by the metric beside it. */
export function scorePredictions(predictions: Predictions, metric: MetricName = 'accuracy'): Score {
  const { predicted, labels } = predictions;
  const byAccuracy = score(countCorrect(predicted, labels), labels.length);
  return metric === 'accuracy' ? byAccuracy : { ...byAccuracy, metric: scoreBy(metric, predictions) };
}

/** The value by the competition's metric. */
export const valueOf = ({ accuracy, metric }: Score): number => metric?.value ?? accuracy;

/** The same, turned so that more is better. */
export const meritOf = ({ accuracy, metric }: Score): number =>
  metric === undefined ? accuracy : turned(findMetric(metric.name), metric.value);

/**
 * The most probable class of every row; if several are equally probable, the first of them.
 * @param probabilities f32 or f64[n × classes]
 */
export function predictedLabels(probabilities: Float32Array | Float64Array, classes: number): Uint16Array {
  const labels = new Uint16Array(probabilities.length / classes);
  for (let row = 0; row < labels.length; row += 1) {
    let best = 0;
    for (let k = 1; k < classes; k += 1) {
      if (probabilities[row * classes + k] > probabilities[row * classes + best]) best = k;
    }
    labels[row] = best;
  }
  return labels;
}

/** Number of equal places in two label lists of the same length. */
export function countCorrect(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  let correct = 0;
  for (let i = 0; i < predicted.length; i += 1) if (predicted[i] === labels[i]) correct += 1;
  return correct;
}

/** Mean −log probability of the true class, in nats. @param probabilities f32[n × classes] */
export function logLoss(probabilities: Float32Array, labels: ArrayLike<number>, classes: number): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i += 1) {
    sum += crossEntropy(probabilities[i * classes + labels[i]]);
  }
  return sum / labels.length;
}
