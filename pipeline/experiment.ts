/** The whole configuration of a training as plain, validated data. */
import { z } from 'zod';
import { augmentations } from '../data/augment.ts';
import { augmentationSchema } from './augment.ts';

const LARGEST_BATCH = 65_536;

/** What decides one training besides the data, the model, the number of epochs and the seed. */
export const parametersSchema = z.strictObject({
  /** η, the step length in natural units. */
  learningRate: z.number('a number above 0').positive('above 0'),
  /** α of `h ← αh + g; w ← w − ηh`. */
  momentum: z.number('a number in [0, 1)').min(0, 'in [0, 1)').lt(1, 'in [0, 1)'),
  /** Images per step. */
  batchSize: z.int('a whole number').min(1, 'at least 1').max(LARGEST_BATCH, `at most ${LARGEST_BATCH}`),
  /** Epochs without improvement of the validation score before the plateau rule acts. */
  patience: z.int('a whole number').min(1, 'at least 1'),
  /** λ of `g ← g + λw`, in natural units. Default: 0.001. */
  weightDecay: z.number('a number of at least 0').min(0, 'at least 0').default(0.001),
  /** Looks ahead: `w ← w − η(g + αh)`. Default: false. */
  nesterov: z.boolean('true or false').default(false),
  /** What happens on a plateau: η is halved, training stops, or nothing. Default: `lower`. */
  onPlateau: z.enum(['lower', 'stop', 'ignore'], '"lower", "stop" or "ignore"').default('lower'),
  /** Share of the epochs before the weights are averaged. Default: 0.75. */
  swaStart: z.number('a number in [0, 1)').min(0, 'in [0, 1)').lt(1, 'in [0, 1)').default(0.75),
  /** Learning rate while averaging, as a multiple of `learningRate`; with cycles, the top of each. Default: 0.5. */
  swaRate: z.number('a number above 0').positive('above 0').default(0.5),
  /** Epochs of one cycle from `swaRate` down to a twentieth of it; 0 keeps the rate constant. Default: 0. */
  swaCycle: z.int('a whole number').min(0, 'at least 0').default(0),
  /** Whether the weights before the averaging phase are the first point of the average. Default: false. */
  includeStart: z.boolean('true or false').default(false),
  /** What every epoch does to the training images. Default: `none`. */
  augment: augmentationSchema.default(augmentations.none),
});

export type Parameters = z.output<typeof parametersSchema>;

/** A training length, as schedules and collectors see it. */
export interface Clock {
  readonly epochs: number;
  readonly stepsPerEpoch: number;
}
