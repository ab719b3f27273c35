/** The settings of a run, for tests of records. */
import { plain } from '../../pipeline/methods/plain.ts';
import type { Run } from '../../records/write-run.ts';

export const configuration: Run['configuration'] = {
  competition: 'digits',
  model: 'digit-cnn',
  engine: 'simd',
  method: 'plain',
  parameters: plain.defaults,
  paramsFrom: 'default',
  epochs: 1,
  folds: 2,
  seed: 7,
};
