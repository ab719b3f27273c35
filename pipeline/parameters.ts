/** The parameters of a training as plain, validated data. */
import { z } from 'zod';
import { augmentations } from '../data/index.ts';
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
  learningRate: aboveZero.describe('Learning rate η: the length of a step.'),
  momentum: share.describe('Share of the last step that is kept: α in `h ← αh + g`. It is β₁ of Adam, LAMB and Lion.'),
  batchSize: wholeNumber(1, LARGEST_BATCH).describe('Images in each step.'),
  patience: wholeNumber(1).describe(
    'Epochs without a better validation score after which the schedule `plateau` acts.',
  ),
  weightDecay: atLeastZero
    .default(0.001)
    .describe('L2 penalty: λ in `g ← g + λw`. AdamW, LAMB and Lion take it from the weights, apart from the gradient.'),
  optimizer: oneOf<OptimizerName>(optimizers).default('momentum').describe('Rule that turns a gradient into a step.'),
  squareDecay: share
    .default(0.999)
    .describe(
      'Share of the mean of squared gradients that RMSprop (often 0.9), Adam and LAMB (as β₂) keep at each step.',
    ),
  rho: atLeastZero
    .default(0)
    .describe('Radius ρ of SAM: the distance that it climbs before it takes the gradient. 0 switches SAM off.'),
  adaptiveRho: z
    .boolean('true or false')
    .default(false)
    .describe('Whether SAM climbs further along large weights (ASAM).'),
  gapWeight: atLeastZero
    .default(0)
    .describe(
      'Weight α of GSAM: how strongly SAM also lowers the gap between the loss at its peak and the loss where it stands. 0 is SAM.',
    ),
  subBatch: wholeNumber(0)
    .default(0)
    .describe(
      'Images in each part of a batch for which SAM climbs separately: m of m-sharpness. 0 takes whole batches.',
    ),
  centralize: z
    .boolean('true or false')
    .default(false)
    .describe('Whether the mean of the gradient of each unit is taken away from it (gradient centralization).'),
  clipNorm: atLeastZero
    .default(0)
    .describe('Largest norm of a gradient. Longer gradients are scaled down to it. 0 scales none.'),
  schedule: oneOf<ScheduleName>(schedules)
    .default('plateau')
    .describe('How the learning rate changes over the epochs, or over the epochs before an averaging phase.'),
  finalRate: aboveZero
    .max(1, 'in (0, 1]')
    .default(0.01)
    .describe('Lowest learning rate of a schedule that falls or cycles, as a multiple of `learningRate`.'),
  cycleEpochs: aboveZero.default(2).describe('Epochs of one whole cycle of a cyclical schedule.'),
  warmUpEpochs: atLeastZero
    .default(0)
    .describe('Epochs over which the learning rate rises to the value of the schedule.'),
  onPlateau: z
    .enum(['lower', 'stop', 'ignore'], '"lower", "stop" or "ignore"')
    .default('lower')
    .describe(
      'What the schedule `plateau` does on a plateau: it halves the learning rate, stops training, or does nothing.',
    ),
  restoreBest: z
    .boolean('true or false')
    .default(false)
    .describe(
      'Whether the weights of the epoch with the best validation score predict, in place of the last ones. A training ' +
        'whose last weights predict does so whenever `onPlateau` stops it.',
    ),
  validateEvery: wholeNumber(1)
    .default(1)
    .describe(
      'Epochs from one look at the validation images to the next; the last epoch always has one. A larger number saves ' +
        'time. The schedule `plateau` and `restoreBest` know only these epochs, and `patience` counts them.',
    ),
  swaStart: share
    .default(0.75)
    .describe('Share of the epochs after which weights are averaged (SWA) or kept (FGE). 0 averages from the start.'),
  swaRate: aboveZero
    .default(0.5)
    .describe('Learning rate of that phase, as a multiple of `learningRate`. With cycles it is the top of each cycle.'),
  swaCycle: wholeNumber(0)
    .default(0)
    .describe('Epochs of one cycle from `swaRate` down to a twentieth of it. 0 keeps the learning rate constant.'),
  includeStart: z
    .boolean('true or false')
    .default(false)
    .describe('Whether the weights at the start of the averaging phase are the first point of the average.'),
  emaEpochs: aboveZero.default(2).describe('Time constant of the exponential moving average (EMA), in epochs.'),
  samples: wholeNumber(1, 1000)
    .default(10)
    .describe('Networks that SWAG draws from the Gaussian around the average; its authors draw 30.'),
  snapshots: wholeNumber(1).default(5).describe('Networks of a Snapshot Ensemble.'),
  labelNoise: z
    .number('a number in [0, 1]')
    .min(0, 'in [0, 1]')
    .max(1, 'in [0, 1]')
    .default(0)
    .describe('Share of the training images that get a random label.'),
  labelSmoothing: share.default(0).describe('Share of each target that is spread evenly over all classes.'),
  classWeights: z
    .enum(['none', 'balanced'], '"none" or "balanced"')
    .default('none')
    .describe(
      'Whether the loss of an image counts as much as its class is rare: n / (k · n of the class), with n training images of k classes.',
    ),
  bootstrap: z
    .boolean('true or false')
    .default(false)
    .describe('Whether a first training predicts the labels from which the network then learns.'),
  teachers: wholeNumber(0, 100)
    .default(0)
    .describe(
      'Networks that are trained first. The network then learns their mean prediction of each image as it is augmented ' +
        '(distillation). 0 trains none.',
    ),
  distillation: z
    .number('a number above 0, at most 1')
    .positive('above 0')
    .max(1, 'at most 1')
    .default(0.5)
    .describe('Share of each target that the teachers predict; the rest is the label.'),
  augment: augmentationSchema
    .default(augmentations.none)
    .describe('What every epoch does to the training images: the name of a preset, or an object of amounts.'),
});

export type Parameters = z.output<typeof parametersSchema>;

/** Trainings, one after the other, that make one network: each teacher before it has as many epochs. */
export const trainingCount = ({ bootstrap, teachers }: Pick<Parameters, 'bootstrap' | 'teachers'>): number =>
  1 + Number(bootstrap) + teachers;

/**
 * Parameters from a file: those written before optimizers had names say `nesterov`, perhaps with the default filled in
 * beside it.
 */
export const recordedParametersSchema = z.preprocess(nameOptimizer, parametersSchema);

function nameOptimizer(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('nesterov' in value)) return value;
  const { nesterov, ...others } = value;
  if (nesterov === false) return others;
  const isFree = !('optimizer' in others) || others.optimizer === 'momentum';
  return nesterov === true && isFree ? { ...others, optimizer: 'nesterov' } : value;
}
