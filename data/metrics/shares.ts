/** Metrics that are the mean of something of each image, whose standard error has a closed form. */
import { errorOfMean, type Metric, type Predictions } from '../metric.ts';

/** Makes `prepare` and `standardError` of a value of each image. */
function meanOf(valuesOf: (predictions: Predictions) => number[]): Pick<Metric, 'prepare' | 'standardError'> {
  return {
    prepare(predictions) {
      const values = valuesOf(predictions);
      return (counts) => {
        let [sum, n] = [0, 0];
        for (let i = 0; i < values.length; i += 1) {
          const count = counts === null ? 1 : counts[i];
          sum += count * values[i];
          n += count;
        }
        return sum / n;
      };
    },
    standardError: (predictions) => errorOfMean(valuesOf(predictions)),
  };
}

export const accuracy: Metric = {
  title: 'accuracy',
  direction: 'maximize',
  ofLabels: true,
  range: [0, 1],
  ...meanOf(({ predicted, labels }) => Array.from(labels, (label, i) => Number(predicted[i] === label))),
};

/** Share of images whose true class is among the k most probable ones; of equal ones the first comes first. */
const topK = (k: number): Metric => ({
  title: `top-${k} accuracy`,
  direction: 'maximize',
  range: [0, 1],
  ...meanOf(({ probabilities, labels, classes }) =>
    Array.from(labels, (label, row) => {
      const own = probabilities[row * classes + label];
      let before = 0;
      for (let other = 0; other < classes; other += 1) {
        const probability = probabilities[row * classes + other];
        if (probability > own || (probability === own && other < label)) before += 1;
      }
      return Number(before < k);
    }),
  ),
});

export const top3 = topK(3);
export const top5 = topK(5);

/** Smallest probability that the log loss looks at: the logarithm of a rounded zero says nothing about the model. */
const SMALLEST_PROBABILITY = 1e-15;

/** −log of the probability of the true class, in nats. */
export const crossEntropy = (probability: number): number => -Math.log(Math.max(probability, SMALLEST_PROBABILITY));

/** Mean −log probability of the true class, in nats. */
export const logLoss: Metric = {
  title: 'log loss',
  direction: 'minimize',
  range: [0, -Math.log(SMALLEST_PROBABILITY)],
  ...meanOf(({ probabilities, labels, classes }) =>
    Array.from(labels, (label, i) => crossEntropy(probabilities[i * classes + label])),
  ),
};
