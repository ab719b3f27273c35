/**
 * The collected weights of a training in three ways: each alone, as an ensemble (averaged predictions), and averaged
 * (SWA); and the distances between their predictions. Source: Izmailov et al. 2018, arXiv:1803.05407, section 3.5.
 */
import type { LabelledImages } from '../../data/index.ts';
import { averageWeights, countCorrect, predictedLabels, averageProbabilities } from '../../pipeline/index.ts';
import { mean } from '../../numerics/statistics.ts';
import { type Measurement, seenBy, type Trained } from './measurement.ts';

export const members: Measurement = {
  columns: {
    memberAccuracy: { title: 'mean member', unit: 'share' },
    ensembleAccuracy: { title: 'ensemble', unit: 'share' },
    averageAccuracy: { title: 'average', unit: 'share' },
    spread: { title: 'spread', unit: 'number' },
    gap: { title: 'gap', unit: 'number' },
  },
  async measure(trained) {
    const { weights, test } = trained;
    const { alone, ensemble, average } = await predictions(trained, weights);
    const accuracies = alone.map((probabilities) => accuracy(probabilities, test));
    return {
      memberAccuracy: mean(accuracies),
      ensembleAccuracy: accuracy(ensemble, test),
      averageAccuracy: accuracy(average, test),
      ...(weights.length > 1 && { spread: spread(alone, test.count) }),
      gap: distance(ensemble, average, test.count),
    };
  },
};

/**
 * Probabilities of the test images, f32[images × classes]: of each weight vector, their mean, and those of the averaged
 * weights.
 */
export async function predictions(trained: Trained, weights: readonly Float32Array[]) {
  const { network, test } = trained;
  const seen = seenBy(trained);
  const predict = async (vector: Float32Array): Promise<Float32Array> =>
    network.predict(await network.measure(vector, seen), test);
  const alone: Float32Array[] = [];
  for (const vector of weights) alone.push(await predict(vector));
  return { alone, ensemble: averageProbabilities(alone), average: await predict(averageWeights(weights)) };
}

/** Mean of ‖f_i − f_j‖ over all pairs. */
export function spread(predicted: readonly Float32Array[], images: number): number {
  const pairs = predicted.flatMap((one, i) => predicted.slice(i + 1).map((other) => distance(one, other, images)));
  return mean(pairs);
}

/** √(mean over the images of ‖p − q‖²). */
export function distance(one: Float32Array, other: Float32Array, images: number): number {
  let sum = 0;
  for (let i = 0; i < one.length; i += 1) sum += (one[i] - other[i]) ** 2;
  return Math.sqrt(sum / images);
}

const accuracy = (probabilities: Float32Array, { labels, count }: LabelledImages): number =>
  countCorrect(predictedLabels(probabilities, probabilities.length / count), labels) / count;
