/** Constant rate:  η_i = η. */
import type { Schedule } from '../schedule.ts';

export const constant = (learningRate: number): Schedule => ({ rate: () => learningRate });
