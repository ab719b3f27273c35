/** Schemas of the metrics of an epoch and of the end of a training, which all records share. */
import { z } from 'zod';
import type { EpochMetrics, TrainingEnd } from '../pipeline/index.ts';

const number = z.number('a number');

export const epochSchema = z.object(
  {
    epoch: z.int('a whole number').min(0, 'at least 0'),
    learningRate: number,
    trainLoss: number,
    validationAccuracy: number.optional(),
    validationLoss: number.optional(),
    validationMetric: number.optional(),
  },
  'the metrics of an epoch',
) satisfies z.ZodType<EpochMetrics>;

/** How the training of a fold ended. */
export const endSchema = z.object({
  ended: z.enum(['epochs', 'plateau'], '"epochs" or "plateau"'),
  restoredEpoch: z.int('a whole number').min(0, 'at least 0').nullable(),
}) satisfies z.ZodType<TrainingEnd>;
