/** A small copy of the built-in competition, and a submit task for it that trains in well under a second. */
import type { ExecutionContext } from 'ava';
import { join } from 'node:path';
import type { Competition } from '../../data/competition.ts';
import { findCompetition } from '../../data/competitions/index.ts';
import { writeSyntheticDigits } from '../../data/synthetic.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { findMethod, type MethodName } from '../../pipeline/methods/index.ts';
import type { SubmitMethod, SubmitTask } from '../../submissions/submit-task.ts';
import { temporaryFolder } from '../data/tiny.ts';

const syntheticDigits = findCompetition('synthetic-digits');

export const TEST_IMAGES = 100;
export const TRAIN_IMAGES = 200;

/** Its files are never made by themselves, so that a test can take one away. */
export const small: Competition = { ...syntheticDigits, id: 'small-digits', generate: undefined };

export const method = (id: MethodName, parameters: Partial<SubmitMethod['parameters']> = {}): SubmitMethod => ({
  id,
  parameters: { ...findMethod(id).defaults, batchSize: 16, swaStart: 0, swaCycle: 1, ...parameters },
  paramsFrom: 'default',
});

/** Data, and folders for the output that are not there yet. */
export async function smallTask(t: ExecutionContext): Promise<SubmitTask & { dataDir: string }> {
  const folder = await temporaryFolder(t);
  const dataDir = join(folder, 'data');
  await writeSyntheticDigits(dataDir, { train: TRAIN_IMAGES, test: TEST_IMAGES });
  return {
    competition: small,
    dataDir,
    plan: await loadPlan('digit-cnn', small.shape, small.classes.length),
    engine: 'simd',
    methods: [method('swa'), method('plain')],
    epochs: 2,
    folds: 2,
    seed: 1,
    outDir: join(folder, 'out', 'small'),
    runsDir: join(folder, 'runs'),
  };
}
