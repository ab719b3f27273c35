/** The whole configuration of a training as plain, validated data. */
import { z } from 'zod';
import { augmentations } from '../data/augment.ts';
import { augmentationSchema } from './augment.ts';
import { type OptimizerName, optimizers } from './optimizers/index.ts';
import { type ScheduleName, schedules } from './schedules/index.ts';

const LARGEST_BATCH = 65_536;

const atLeastZero = z.number('a number of at least 0').min(0, 'at least 0');
const aboveZero = z.number('a number above 0').positive('above 0');
const share = z.number('a number in [0, 1)').min(0, 'in [0, 1)').lt(1, 'in [0, 1)');
const wholeNumber = (least: number, largest = Number.MAX_SAFE_INTEGER) =>
  z
    .int({ error: ({ code }) => (code === 'invalid_type' ? 'a whole number' : `in ${least} … ${largest}`) })
    .min(least, `at least ${least}`)
    .max(largest, `at most ${largest}`);
const oneOf = <Name extends string>(known: Readonly<Record<Name, unknown>>) => {
  const names = Object.keys(known) as Name[];
  return z.enum(names, `one of ${names.join(', ')}`);
};

/** What decides one training besides the data, the model, the number of epochs and the seed. */
export const parametersSchema = z.strictObject({
  /** η, the step length in natural units. */
  learningRate: aboveZero,
  /** α of `h ← αh + g`; β₁ of Adam. */
  momentum: share,
  /** Images per step. */
  batchSize: wholeNumber(1, LARGEST_BATCH),
  /** Epochs without improvement of the validation score before the plateau rule acts. */
  patience: wholeNumber(1),
  /** λ of `g ← g + λw`, in natural units. Default: 0.001. */
  weightDecay: atLeastZero.default(0.001),
  /** What makes a step of a gradient. Default: `momentum`. */
  optimizer: oneOf<OptimizerName>(optimizers).default('momentum'),
  /** What RMSprop (often 0.9) and Adam (as β₂) keep of their mean of squared gradients. Default: 0.999. */
  squareDecay: share.default(0.999),
  /** How far SAM climbs before it takes the gradient; 0 is no SAM. Default: 0. */
  rho: atLeastZero.default(0),
  /** Whether SAM climbs further along large weights (ASAM). Default: false. */
  adaptiveRho: z.boolean('true or false').default(false),
  /** Images in each sub-batch whose gradients are averaged: m of m-sharpness. 0 leaves batches whole. Default: 0. */
  subBatch: wholeNumber(0).default(0),
  /** Largest norm of a gradient; longer ones are cut to it. 0 cuts none. Default: 0. */
  clipNorm: atLeastZero.default(0),
  /** How η runs over the epochs, or over those before an averaging phase. Default: `plateau`. */
  schedule: oneOf<ScheduleName>(schedules).default('plateau'),
  /** Where a schedule that falls or cycles has its bottom, as a multiple of `learningRate`. Default: 0.01. */
  finalRate: aboveZero.max(1, 'in (0, 1]').default(0.01),
  /** Epochs of a whole cycle of a cyclical schedule. Default: 2. */
  cycleEpochs: aboveZero.default(2),
  /** Epochs over which η rises to what the schedule says. Default: 0. */
  warmUpEpochs: atLeastZero.default(0),
  /** What happens on a plateau: η is halved, training stops, or nothing. Default: `lower`. */
  onPlateau: z.enum(['lower', 'stop', 'ignore'], '"lower", "stop" or "ignore"').default('lower'),
  /** Share of the epochs before the weights are averaged (SWA) or kept (FGE); 0 averages from scratch. Default: 0.75. */
  swaStart: share.default(0.75),
  /** Learning rate from then on, as a multiple of `learningRate`; with cycles, the top of each. Default: 0.5. */
  swaRate: aboveZero.default(0.5),
  /** Epochs of one cycle from `swaRate` down to a twentieth of it; 0 keeps the rate constant. Default: 0. */
  swaCycle: wholeNumber(0).default(0),
  /** Whether the weights before the averaging phase are the first point of the average. Default: false. */
  includeStart: z.boolean('true or false').default(false),
  /** Time constant of EMA, in epochs. Default: 2. */
  emaEpochs: aboveZero.default(2),
  /** Networks of a Snapshot Ensemble. Default: 5. */
  snapshots: wholeNumber(1).default(5),
  /** Share of the training images that get a random label. Default: 0. */
  labelNoise: z.number('a number in [0, 1]').min(0, 'in [0, 1]').max(1, 'in [0, 1]').default(0),
  /** Share of each target that is spread evenly over all classes. Default: 0. */
  labelSmoothing: share.default(0),
  /** Whether a first training predicts the labels that the network then learns. Default: false. */
  bootstrap: z.boolean('true or false').default(false),
  /** What every epoch does to the training images. Default: `none`. */
  augment: augmentationSchema.default(augmentations.none),
});

export type Parameters = z.output<typeof parametersSchema>;

/**
 * Parameters from a file: those written before optimizers had names say `nesterov`, perhaps with the default filled in
 * beside it.
 */
export const recordedParametersSchema = z.preprocess(nameOptimizer, parametersSchema);

/** A training length, as schedules and collectors see it. */
export interface Clock {
  readonly epochs: number;
  readonly stepsPerEpoch: number;
}

function nameOptimizer(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('nesterov' in value)) return value;
  const { nesterov, ...others } = value;
  if (nesterov === false) return others;
  const isFree = !('optimizer' in others) || others.optimizer === 'momentum';
  return nesterov === true && isFree ? { ...others, optimizer: 'nesterov' } : value;
}
