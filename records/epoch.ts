/** Schemas of the metrics of an epoch and of the end of a training, which all records share. */
import { z } from 'zod';
import type { EpochMetrics, TrainingEnd } from '../pipeline/index.ts';
import { count, number } from './fields.ts';

export const epochSchema = z.object(
  {
    epoch: count,
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
  restoredEpoch: count.nullable(),
}) satisfies z.ZodType<TrainingEnd>;
