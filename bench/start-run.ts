/**
 * Prints the time in seconds from process start to the end of a first training step on a worker thread, with cached
 * data.
 */
import { keepCompiled } from '../base/compile-cache.ts';
import type { FoldTask } from '../pipeline/worker.ts';

// As in the commands.
keepCompiled();
const { findCompetition } = await import('../data/competitions/index.ts');
const { loadTrain } = await import('../data/load.ts');
const { loadPlan } = await import('../models/engine/plans.ts');
const { methods } = await import('../pipeline/methods/index.ts');
const { createPool } = await import('../pipeline/pool.ts');

const competition = findCompetition('synthetic-digits');
const plan = await loadPlan('digit-cnn', competition.shape, 10);
// The thread starts while the images are read.
const pool = createPool(1);
const images = await loadTrain(competition);
// One training batch and one validation image, so that the step is nearly all of the work.
const batch = Uint32Array.from({ length: 128 }, (_, i) => i);
const task: FoldTask = {
  plan,
  engine: 'simd',
  method: 'plain',
  parameters: { ...methods.plain.defaults, batchSize: batch.length },
  epochs: 1,
  seed: 1,
  images,
  trainIndices: batch,
  validationIndices: Uint32Array.of(batch.length),
};
await pool.run(task, { name: 'trainFold' });
// performance.now() counts from the start of the process.
console.log(JSON.stringify({ seconds: performance.now() / 1000 }));
await pool.destroy();
