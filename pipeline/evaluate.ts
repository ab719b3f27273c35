/** How well probabilities fit labels. */

/** A share of correct predictions with its sampling error. */
export interface Score {
  readonly accuracy: number;
  /** Images scored. */
  readonly n: number;
  /** √(p (1 − p) / n), the binomial standard error of the accuracy. */
  readonly standardError: number;
}

export function score(correct: number, n: number): Score {
  const accuracy = correct / n;
  return { accuracy, n, standardError: Math.sqrt((accuracy * (1 - accuracy)) / n) };
}

/**
 * The most probable class of every row; if several are equally probable, the first of them.
 * @param probabilities f32[n × classes]
 */
export function predictedLabels(probabilities: Float32Array, classes: number): Uint16Array {
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

/** Smallest probability that the log loss looks at: the logarithm of a rounded zero says nothing about the model. */
const SMALLEST_PROBABILITY = 1e-15;

/** Mean −log probability of the true class, in nats. @param probabilities f32[n × classes] */
export function logLoss(probabilities: Float32Array, labels: ArrayLike<number>, classes: number): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i += 1) {
    sum -= Math.log(Math.max(probabilities[i * classes + labels[i]], SMALLEST_PROBABILITY));
  }
  return sum / labels.length;
}
