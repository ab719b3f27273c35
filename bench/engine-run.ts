/**
 * A process that runs one network on one kind of kernels, as engine-peer.py does for PyTorch:
 * engine-run.ts NETWORK train|evaluate BATCH IMAGES LABELS KERNELS. For every input line it runs an epoch, and prints
 * its wall time and the CPU time of the thread in seconds as a line of JSON.
 */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { LabelledImages } from '../data/images.ts';
import { initialWeights } from '../models/engine/layout.ts';
import type { KernelSet } from '../models/engine/simd/load-kernels.ts';
import { createSimdNetwork } from '../models/engine/simd.ts';
import { vectorsOf } from '../models/engine/vectors.ts';
import { createBatches } from '../pipeline/batches.ts';
import { momentum } from '../pipeline/optimizers/momentum.ts';
import { type NetworkName, networks } from './engine-cases.ts';

const [name, task, batchSize, imagesFile, labelsFile, kernels] = process.argv.slice(2);
const { plan, shape } = networks[name as NetworkName];
const pixels = await readFile(imagesFile);
const labels = await readFile(labelsFile);
const shared = new Uint8Array(new SharedArrayBuffer(pixels.length));
shared.set(pixels);
const images: LabelledImages = {
  shape,
  count: labels.length,
  pixels: shared,
  labels: new Uint16Array(new SharedArrayBuffer(labels.length * 2)),
};
images.labels.set(labels);

const network = await createSimdNetwork(await plan(), kernels as KernelSet);
const weights = initialWeights(network.plan, 1);
const gradient = new Float32Array(weights.length);
const update = momentum({ momentum: 0.9 })(network.plan, vectorsOf(network.kernels));
const batches = createBatches(images, Number(batchSize), 1);
const solution = await network.measure(weights, images);

/** CPU time of this thread if Node can measure it (from 23.9 on), else of the process. */
function cpuSeconds(): number {
  const { user, system } =
    'threadCpuUsage' in process ? process.threadCpuUsage() : (process as NodeJS.Process).cpuUsage();
  return (user + system) / 1e6;
}

let epoch = 0;
for await (const _ of createInterface({ input: process.stdin })) {
  const [started, startedCpu] = [performance.now(), cpuSeconds()];
  if (task === 'evaluate') {
    await network.predict(solution, images);
  } else {
    for (const batch of batches(epoch)) {
      await network.lossAndGradient(weights, batch, gradient);
      update(weights, gradient, 0.05);
    }
  }
  epoch += 1;
  console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000, cpuSeconds: cpuSeconds() - startedCpu }));
}
