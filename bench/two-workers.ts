/** Compares the throughput of two trainings on two worker threads with that of one training. */
import type { LabelledImages } from '../data/images.ts';
import { loadPlan } from '../models/engine/plans.ts';
import { methods } from '../pipeline/methods/index.ts';
import { createPool } from '../pipeline/pool.ts';
import type { FoldTask } from '../pipeline/worker.ts';
import { median } from '../numerics/statistics.ts';

const EPOCHS = 4;

/** @returns median duration in seconds of an epoch that runs alone, and of an epoch while two run at the same time */
export async function timeTwoWorkers(
  images: LabelledImages,
  batchSize: number,
  repetitions: number,
): Promise<{ alone: number; together: number }> {
  const rows = Array.from({ length: images.count }, (_, i) => i);
  const task: FoldTask = {
    plan: await loadPlan('digit-cnn', images.shape, 10),
    engine: 'simd',
    method: 'plain',
    parameters: { ...methods.plain.defaults, batchSize },
    epochs: EPOCHS,
    seed: 1,
    images,
    trainIndices: Uint32Array.from(rows.slice(1)),
    validationIndices: Uint32Array.of(0),
  };
  const pool = createPool(2);
  const time = async (tasks: number): Promise<number> => {
    const started = performance.now();
    await Promise.all(Array.from({ length: tasks }, () => pool.run(task, { name: 'trainFold' })));
    return (performance.now() - started) / 1000 / EPOCHS;
  };
  await time(2);
  const alone: number[] = [];
  const together: number[] = [];
  for (let i = 0; i < repetitions; i += 1) {
    alone.push(await time(1));
    together.push(await time(2));
  }
  await pool.destroy();
  return { alone: median(alone), together: median(together) };
}
