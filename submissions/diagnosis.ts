/** Where predictions go wrong: which classes are confused, and which images are wrong. */
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

/** The mistakes with the highest probability first; the earlier of equals first. */
export function mistakesOf({ probabilities, labels, classes }: Predictions): Mistake[] {
  const mistakes: Mistake[] = [];
  for (const [row, predicted] of predictedLabels(probabilities, classes.length).entries()) {
    if (predicted === labels[row]) continue;
    mistakes.push({ row, label: labels[row], predicted, confidence: probabilities[row * classes.length + predicted] });
  }
  return mistakes.toSorted((a, b) => b.confidence - a.confidence || a.row - b.row);
}
