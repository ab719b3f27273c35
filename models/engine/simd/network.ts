/** The network of the simd engine, on a memory with any kernels. */
import { copyPixels, type Images, imageSize } from '../../../data/index.ts';
import { measureBatchSize } from '../layout.ts';
import { type Batch, checkBatch, type Network, type Solution } from '../network.ts';
import type { Plan } from '../plan.ts';
import { createSpaceOf, FLOAT_BYTES, type KernelSpace } from './kernels.ts';
import { createProgram } from './program.ts';

const LARGEST_PREDICT_BATCH = 128;
const BYTES_OF_A_LABEL = 2;

/**
 * A network that needs only WebAssembly, with the bits of the engine `simd`.
 * @param module the kernels
 * @param predictBatch most images that are predicted at once, which decides the memory. Default: 128, or fewer for
 *   large images
 */
export const createWasmNetwork = async (
  plan: Plan,
  module: WebAssembly.Module,
  predictBatch?: number,
): Promise<Network> => networkOn(await createSpaceOf(module), plan, { engine: 'simd', kernels: 'wasm', predictBatch });

/** @throws UserError when the network does not fit into the address space */
export function networkOn(
  space: KernelSpace,
  plan: Plan,
  options: Pick<Network, 'engine' | 'kernels'> & { readonly predictBatch?: number },
): Network {
  const { kernels } = space;
  const { classes } = plan;
  const size = imageSize(plan.input);
  const measureBatch = measureBatchSize(plan);
  const predictBatch = Math.min(options.predictBatch ?? LARGEST_PREDICT_BATCH, measureBatch);
  const step: { seed: number | null } = { seed: 0 };

  const reserve = (images: number) =>
    space.layOut(() => ({
      capacity: images,
      targets: space.allocate(images * Math.max(classes * FLOAT_BYTES, BYTES_OF_A_LABEL)),
      ...createProgram(space, plan, images, step),
    }));
  let program = reserve(predictBatch);
  const ensure = (images: number): void => {
    if (images > program.capacity) program = reserve(images);
  };

  const load = (weights: Float32Array): void => program.layers.forEach((layer) => layer.load?.(weights));
  const inBatches = (images: Images, most: number, run: (first: number, count: number) => void): void => {
    for (let first = 0; first < images.count; first += most) {
      const count = Math.min(most, images.count - first);
      copyPixels(images, first, count, space.bytes(program.pixels, count * size));
      run(first, count);
    }
  };

  /** Replaces the logits in `logitsGradient` by their gradient. @returns the mean loss */
  const lossOf = ({ count, labels, targets, weights }: Batch): number => {
    const { address, imageBytes } = program.logitsGradient;
    if (targets) {
      space.floats(program.targets, count * classes).set(targets.subarray(0, count * classes));
    } else {
      const bytes = new Uint8Array(labels.buffer, labels.byteOffset, count * BYTES_OF_A_LABEL);
      space.bytes(program.targets, bytes.length).set(bytes);
    }
    const loss = targets ? kernels.softmaxCrossEntropySoft : kernels.softmaxCrossEntropy;
    if (!weights) return loss(address, imageBytes, program.targets, count, classes, 1 / count) / count;
    const targetBytes = targets ? classes * FLOAT_BYTES : BYTES_OF_A_LABEL;
    let sum = 0;
    for (let i = 0; i < count; i += 1) {
      const target = program.targets + i * targetBytes;
      sum += weights[i] * loss(address + i * imageBytes, imageBytes, target, 1, classes, weights[i] / count);
    }
    return sum / count;
  };

  return {
    plan,
    engine: options.engine,
    kernels: options.kernels,

    lossAndGradient(weights, batch, gradient, frozen) {
      checkBatch(plan, batch, frozen);
      const { count } = batch;
      ensure(count);
      step.seed = frozen ? null : (batch.seed ?? 0);
      load(weights);
      for (const { norm } of program.layers) norm?.freeze(frozen?.statistics ?? null);
      space.bytes(program.pixels, count * size).set(batch.pixels.subarray(0, count * size));
      program.forward('train', count);
      const { logits, logitsGradient } = program;
      const bytes = count * logits.imageBytes;
      space.bytes(logitsGradient.address, bytes).set(space.bytes(logits.address, bytes));
      const loss = lossOf(batch);
      for (const layer of program.layers) layer.clear?.();
      program.backward(count);
      for (const layer of program.layers) layer.store?.(gradient);
      return loss;
    },

    measure(weights, images): Solution {
      const statistics = new Float32Array(plan.statisticsCount);
      if (plan.statisticsCount > 0) {
        ensure(Math.min(measureBatch, images.count));
        load(weights);
        inBatches(images, measureBatch, (_, count) => program.forward('measure', count));
        for (const { norm } of program.layers) norm?.writeStatistics(statistics);
      }
      return { weights: weights.slice(), statistics };
    },

    predict({ weights, statistics }, images) {
      load(weights);
      for (const { norm } of program.layers) norm?.useStatistics(statistics);
      const probabilities = new Float32Array(images.count * classes);
      inBatches(images, predictBatch, (first, count) => {
        const { logits } = program;
        program.forward('evaluate', count);
        kernels.softmax(logits.address, logits.imageBytes, count, classes);
        const row = logits.imageBytes / FLOAT_BYTES;
        const rows = space.floats(logits.address, count * row);
        for (let n = 0; n < count; n++) {
          for (let k = 0; k < classes; k++) probabilities[(first + n) * classes + k] = rows[n * row + k];
        }
      });
      return probabilities;
    },
  };
}
