/** The weights of a blend and its honest score: those of each fold are fitted on the others. */
import { type Competition, foldRows, type LabelledImages, planFolds } from '../data/index.ts';
import { placeRows, predictionsOf, type Score, scorePredictions } from '../pipeline/index.ts';
import type { Run } from '../records/index.ts';
import { atTemperature, type BlendWay, blendWeights, blended, type Fitting, temperaturesOf } from './blend.ts';
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
  /** One for each member: 1 for ways that fit none. */
  temperatures: readonly number[];
  predictions: Omit<Predictions, 'probabilities'> & { probabilities: { outOfFold: Float32Array } };
} {
  const { train: images } = data;
  const fitting = fittingOf(members, data, competition);
  const { classes } = fitting;
  const fit = (rows: Uint32Array) => {
    const temperatures = way === 'weights' ? temperaturesOf(fitting, rows) : fitting.members.map(() => 1);
    const at = {
      ...fitting,
      members: fitting.members.map((member, k) => atTemperature(member, temperatures[k], classes)),
    };
    const weights = given ? normalised(given) : blendWeights(way, at, rows);
    const predict = (some: Uint32Array): Float32Array => blended(way, at, weights, some);
    return { temperatures, weights, predict };
  };
  const score = (probabilities: Float32Array, rows: Uint32Array): Score =>
    scorePredictions(predictionsOf(probabilities, labelsOf(images, rows), classes), images.metric);
  const nested = new Float32Array(images.count * classes);
  const foldOf = planFolds(images, folds, seed);
  const scored = Array.from({ length: folds }, (_, fold): Run['folds'][number] => {
    const began = performance.now();
    const rows = foldRows(foldOf, fold);
    const { predict } = fit(rows.train);
    const validation = predict(rows.validation);
    placeRows(nested, validation, rows.validation);
    return {
      train: score(predict(rows.train), rows.train),
      validation: score(validation, rows.validation),
      seconds: (performance.now() - began) / 1000,
      epochs: [],
      solutions: [],
    };
  });
  const all = Uint32Array.from(images.labels.keys());
  const { weights, temperatures, predict } = fit(all);
  return {
    weights,
    temperatures,
    predictions: {
      folds: scored,
      train: score(predict(all), all),
      outOfFold: score(nested, all),
      probabilities: { outOfFold: nested },
    },
  };
}

const labelsOf = ({ labels }: LabelledImages, rows: Uint32Array): Uint16Array =>
  Uint16Array.from(rows, (row) => labels[row]);
