/**
 * One measurement in a process of its own, as engine-peer.py does it: engine-run.ts CASE BATCH EPOCHS IMAGES LABELS
 * prints one line of JSON. CASE `evaluate` predicts with the digit CNN. The first epoch warms up and is not counted.
 */
import { readFile } from 'node:fs/promises';
import type { LabelledImages } from '../data/images.ts';
import { initialWeights } from '../models/engine/layout.ts';
import { createSimdNetwork } from '../models/engine/simd.ts';
import { createBatches } from '../pipeline/batches.ts';
import { momentum } from '../pipeline/optimizers/momentum.ts';
import { casePlans } from './engine-cases.ts';
import { median } from '../numerics/statistics.ts';

const [name, batchSize, epochs, imagesFile, labelsFile] = process.argv.slice(2);
const pixels = await readFile(imagesFile);
const labels = await readFile(labelsFile);
const images: LabelledImages = {
  shape: { height: 28, width: 28, channels: 1 },
  count: labels.length,
  pixels: new Uint8Array(new SharedArrayBuffer(pixels.length)),
  labels: new Uint16Array(new SharedArrayBuffer(labels.length * 2)),
};
images.pixels.set(pixels);
images.labels.set(labels);

const evaluating = name === 'evaluate';
const network = await createSimdNetwork(await casePlans[evaluating ? 'digit-cnn' : name]());
const weights = initialWeights(network.plan, 1);
const gradient = new Float32Array(weights.length);
const update = momentum({ momentum: 0.9 })(weights.length);
const batches = createBatches(images, Number(batchSize), 1);
const solution = await network.measure(weights, images);

const all: number[] = [];
let loss = 0;
for (let epoch = 0; epoch <= Number(epochs); epoch += 1) {
  const started = performance.now();
  if (evaluating) {
    await network.predict(solution, images);
  } else {
    for (const batch of batches(epoch)) {
      loss = await network.lossAndGradient(weights, batch, gradient);
      update(weights, gradient, 0.05);
    }
  }
  all.push((performance.now() - started) / 1000);
}
console.log(JSON.stringify({ secondsPerEpoch: median(all.slice(1)), all, loss, node: process.version }));
