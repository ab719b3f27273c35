/** The metrics of an epoch, as every record has them. */
import { z } from 'zod';
import type { EpochMetrics } from '../pipeline/index.ts';

const number = z.number('a number');

export const epochSchema = z.object(
  {
    epoch: z.int('a whole number').min(0, 'at least 0'),
    learningRate: number,
    trainLoss: number,
    validationAccuracy: number,
    validationLoss: number,
  },
  'the metrics of an epoch',
) satisfies z.ZodType<EpochMetrics>;
