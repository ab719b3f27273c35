/** `npm run bench -- memory`: memory of a training with batches of 512, and its growth over 1,000 epochs. */
import { firstOf } from '../data/images.ts';
import { findCompetition } from '../data/competitions/index.ts';
import { loadTrain } from '../data/load.ts';
import { modelName } from '../models/architectures/index.ts';
import { initialWeights } from '../models/engine/layout.ts';
import { loadPlan } from '../models/engine/plans.ts';
import { createSimdNetwork } from '../models/engine/simd.ts';
import { createBatches } from '../pipeline/batches.ts';
import { momentum } from '../pipeline/optimizers/momentum.ts';

const BATCH = 512;
const EPOCHS = 1000;
/** Few images, since a short epoch leaks as much as a long one. */
const IMAGES = 1024;
const REPORTED = new Set([1, 10, 100, 250, 500, 750, 1000]);
const MEBIBYTE = 2 ** 20;

export async function benchMemory(model: string): Promise<void> {
  const all = await loadTrain(findCompetition('synthetic-digits'));
  const images = firstOf(all, IMAGES);
  const plan = await loadPlan(modelName(model), all.shape, 10);
  const before = process.memoryUsage.rss();
  const network = await createSimdNetwork(plan);
  const weights = initialWeights(plan, 1);
  const gradient = new Float32Array(weights.length);
  const update = momentum({ momentum: 0.9 })(plan);
  const batches = createBatches(images, BATCH, 1);
  const runtime = mebibytes(before);
  console.log(`${model}, batch ${BATCH}: resident memory in MiB, above the ${runtime} of runtime and images`);
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    for (const batch of batches(epoch)) {
      await network.lossAndGradient(weights, batch, gradient);
      update(weights, gradient, 0.01);
    }
    await network.predict(await network.measure(weights, images), images);
    if (REPORTED.has(epoch + 1)) {
      console.log(`  after ${epoch + 1} epochs: ${mebibytes(process.memoryUsage.rss() - before)}`);
    }
  }
  const peak = process.resourceUsage().maxRSS * 1024 - before;
  console.log(`  peak: ${mebibytes(peak)}`);
}

const mebibytes = (bytes: number): string => (bytes / MEBIBYTE).toFixed(0);
