/** What a comparison of methods needs of predictions. */
import type { LabelledImages } from '../data/index.ts';
import { predictedLabels, predictionsOf } from '../pipeline/index.ts';
import type { Contender } from './compare.ts';
import { type Answers, answeredPredictions, rightAnswers } from './score.ts';

/**
 * @param train what the out-of-fold predictions are of
 * @param answers to the test images; null where none are known
 * @param outOfFold f32[training images × classes]
 * @param test f32[test images × classes], looked at where there are answers
 */
export function contenderOf(
  { id, title }: Pick<Contender, 'id' | 'title'>,
  { train, answers }: { readonly train: LabelledImages; readonly answers: Answers | null },
  outOfFold: Float32Array,
  test: Float32Array,
  classes: number,
): Contender {
  const labels = predictedLabels(outOfFold, classes);
  const { metric } = train;
  return {
    id,
    title,
    outOfFold: Uint8Array.from(train.labels, (label, i) => Number(labels[i] === label)),
    test: answers && rightAnswers(predictedLabels(test, classes), answers),
    ...(metric && {
      byMetric: {
        metric,
        outOfFold: predictionsOf(outOfFold, train.labels, classes),
        test: answers && answeredPredictions(test, answers, classes),
      },
    }),
  };
}
