/** Checks that a batch fits into the memory of the engine, before a thread trains with it. */
import { UserError } from '../../base/user-error.ts';
import { measureBatchSize } from './layout.ts';
import type { Plan } from './plan.ts';
import { LARGEST_MEMORY_BYTES } from './simd/kernels.ts';
import { memoryBytes } from './simd/program.ts';

const GIBIBYTE = 2 ** 30;

/** @throws UserError naming the largest batch that fits, if any */
export function checkMemory(plan: Plan, engine: string, batchSize: number): void {
  if (engine.startsWith('tfjs')) return;
  const fits = (images: number): boolean => memoryBytes(plan, images) <= LARGEST_MEMORY_BYTES;
  const measured = measureBatchSize(plan);
  const images = Math.max(batchSize, measured);
  if (fits(images)) return;
  const { height, width, channels } = plan.input;
  const needed = (memoryBytes(plan, images) / GIBIBYTE).toFixed(1);
  let [most, tooMany] = [0, images];
  while (tooMany - most > 1) {
    const middle = Math.floor((most + tooMany) / 2);
    if (fits(middle)) most = middle;
    else tooMany = middle;
  }
  const remedy =
    most >= measured
      ? `Take a \`batchSize\` of at most ${most}, or another model.`
      : 'Take smaller images, or another model.';
  throw new UserError(
    `Expected a network of at most ${LARGEST_MEMORY_BYTES / GIBIBYTE} GiB, but ${plan.model} needs ${needed} GiB for ` +
      `${images} images of ${height}×${width}×${channels} at once. ${remedy}`,
  );
}
