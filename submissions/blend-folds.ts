/** The weights of a blend and its honest score: those of each fold are fitted on the others. */
import { type Competition, foldRows, type LabelledImages, planFolds } from '../data/index.ts';
import { placeRows, predictionsOf, type Score, scorePredictions } from '../pipeline/index.ts';
import type { Run } from '../records/index.ts';
import { type BlendWay, blendWeights, blended, type Fitting } from './blend.ts';
import type { Member } from './blend-members.ts';
import type { Data } from './prepare.ts';
import type { Predictions } from './submit-predictions.ts';

/** Weights whose sum is 1. */
export function normalised(weights: readonly number[]): Float64Array {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Float64Array.from(weights, (weight) => weight / sum);
}

const fittingOf = (members: readonly Member[], { train }: Data, { classes, metric }: Competition): Fitting => ({
  members: members.map(({ outOfFold }) => outOfFold ?? new Float32Array(0)),
  labels: train.labels,
  classes: classes.length,
  metric,
});

interface FittingTask {
  readonly members: readonly Member[];
  readonly data: Data;
  readonly competition: Competition;
  readonly folds: number;
  readonly seed: number;
}

/** Fits the weights of each fold on the others, and those of the test images on all. */
export function fitFolds(
  way: BlendWay,
  given: readonly number[] | undefined,
  { members, data, competition, folds, seed }: FittingTask,
): {
  weights: Float64Array;
  predictions: Omit<Predictions, 'probabilities'> & { probabilities: { outOfFold: Float32Array } };
} {
  const { train: images } = data;
  const fitting = fittingOf(members, data, competition);
  const { classes } = fitting;
  const fit = (rows: Uint32Array): Float64Array => (given ? normalised(given) : blendWeights(way, fitting, rows));
  const score = (probabilities: Float32Array, rows: Uint32Array): Score =>
    scorePredictions(predictionsOf(probabilities, labelsOf(images, rows), classes), images.metric);
  const nested = new Float32Array(images.count * classes);
  const foldOf = planFolds(images, folds, seed);
  const scored = Array.from({ length: folds }, (_, fold): Run['folds'][number] => {
    const began = performance.now();
    const rows = foldRows(foldOf, fold);
    const weights = fit(rows.train);
    const validation = blended(way, fitting, weights, rows.validation);
    placeRows(nested, validation, rows.validation);
    return {
      train: score(blended(way, fitting, weights, rows.train), rows.train),
      validation: score(validation, rows.validation),
      seconds: (performance.now() - began) / 1000,
      epochs: [],
      solutions: [],
    };
  });
  const all = Uint32Array.from(images.labels.keys());
  const weights = fit(all);
  return {
    weights,
    predictions: {
      folds: scored,
      train: score(blended(way, fitting, weights, all), all),
      outOfFold: score(nested, all),
      probabilities: { outOfFold: nested },
    },
  };
}

const labelsOf = ({ labels }: LabelledImages, rows: Uint32Array): Uint16Array =>
  Uint16Array.from(rows, (row) => labels[row]);
