/** The search space that the methods share: both arms of a comparison are tuned over the same ranges. */
import type { Parameters } from '../parameters.ts';
import type { Dimension } from '../method.ts';

export const space = {
  learningRate: { kind: 'float', low: 1e-4, high: 1, log: true },
  momentum: { kind: 'float', low: 0.2, high: 0.95 },
  batchSize: { kind: 'categorical', choices: [16, 32, 128, 512] },
  patience: { kind: 'int', low: 2, high: 10 },
} as const satisfies Partial<Record<keyof Parameters, Dimension>>;
