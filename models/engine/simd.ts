/** The default engine: WebAssembly SIMD kernels, one thread, the same bits on every machine. */
import { type Images, imageSize } from '../../data/images.ts';
import { fuse, type Stage } from './fuse.ts';
import { measureBatchSize } from './layout.ts';
import type { Batch, Network, Solution } from './network.ts';
import type { Plan } from './plan.ts';
import { createConvolutionBlock } from './simd/convolution-block.ts';
import { createDenseBlock } from './simd/dense-block.ts';
import { createKernelSpace, type KernelSpace } from './simd/kernels.ts';
import { allocateFeatureMap, type FeatureMap, imageAddress, type LayerNorm } from './simd/layer.ts';

/**
 * Images that pass through one convolution and its neighbours before the next chunk: what they write is still in the
 * second-level cache when it is read again.
 */
const CHUNK = 16;
const PREDICT_BATCH = 128;
const BYTES_OF_A_LABEL = 2;

/** @throws UserError when the plan has a layer that the kernels cannot run, or the kernels are not built */
export async function createSimdNetwork(plan: Plan): Promise<Network> {
  const stages = fuse(plan);
  const space = await createKernelSpace();
  let program = createProgram(space, plan, stages, PREDICT_BATCH);
  const reserve = (images: number): void => {
    if (images <= program.capacity) return;
    space.reset();
    program = createProgram(space, plan, stages, images);
  };
  const size = imageSize(plan.input);

  return {
    plan,
    engine: 'simd',

    lossAndGradient(weights, batch, gradient) {
      reserve(batch.count);
      program.load(weights);
      program.readBatch(batch);
      const loss = program.train(batch.count);
      program.store(gradient);
      return loss;
    },

    measure(weights, images): Solution {
      const statistics = new Float32Array(plan.statisticsCount);
      if (plan.statisticsCount > 0) {
        reserve(measureBatchSize);
        program.load(weights);
        for (let first = 0; first < images.count; first += measureBatchSize) {
          const count = Math.min(measureBatchSize, images.count - first);
          program.readPixels(images.pixels.subarray(first * size, (first + count) * size));
          program.measure(count);
        }
        program.writeStatistics(statistics);
      }
      return { weights: weights.slice(), statistics };
    },

    predict({ weights, statistics }, images: Images) {
      program.load(weights);
      program.useStatistics(statistics);
      const probabilities = new Float32Array(images.count * plan.classes);
      for (let first = 0; first < images.count; first += PREDICT_BATCH) {
        const count = Math.min(PREDICT_BATCH, images.count - first);
        program.readPixels(images.pixels.subarray(first * size, (first + count) * size));
        program.predict(count, probabilities.subarray(first * plan.classes));
      }
      return probabilities;
    },
  };
}

/** Buffers for `capacity` images and the order in which the layers run over them. */
function createProgram(space: KernelSpace, plan: Plan, stages: readonly Stage[], capacity: number) {
  const { kernels } = space;
  const { height, width, channels } = plan.input;
  const pixels = space.allocate(capacity * imageSize(plan.input));
  const labels = space.allocate(capacity * BYTES_OF_A_LABEL);
  const { layers, maps, gradients } = createLayers(space, plan, stages, capacity);
  const input = maps[0];
  const logits = maps.at(-1);
  const logitsGradient = gradients.at(-1)!;

  const inChunks = (images: number, run: (first: number, count: number) => void): void => {
    for (let first = 0; first < images; first += CHUNK) run(first, Math.min(CHUNK, images - first));
  };

  /** Batch norms need `close` between a layer's convolutions and what follows; a dense layer wants all images at once. */
  const forward = (images: number, close: (norm: LayerNorm) => void, upTo = layers.length): void => {
    let pending = (first: number, count: number): void => {
      const from = pixels + first * imageSize(plan.input);
      const to = imageAddress(input, first);
      kernels.spreadBytes(from, to, input.rowBytes, input.imageBytes, height, width * channels, count);
    };
    for (const layer of layers.slice(0, upTo)) {
      const { norm } = layer;
      const before = pending;
      if (norm) {
        inChunks(images, (first, count) => {
          before(first, count);
          layer.forward(first, count);
        });
        close(norm);
        pending = (first, count) => norm.activate(first, count);
      } else {
        inChunks(images, before);
        layer.forward(0, images);
        pending = () => {};
      }
    }
    if (upTo === layers.length) inChunks(images, pending);
  };

  const lastNorm = layers.findLastIndex((layer) => layer.norm) + 1;

  return {
    capacity,
    load: (weights: Float32Array) => layers.forEach((layer) => layer.load(weights)),
    store: (gradient: Float32Array) => layers.forEach((layer) => layer.store(gradient)),
    readPixels: (from: Uint8Array) => space.bytes(pixels, from.length).set(from),
    readBatch({ count, pixels: from, labels: classes }: Batch) {
      this.readPixels(from.subarray(0, count * imageSize(plan.input)));
      const target = space.bytes(labels, count * BYTES_OF_A_LABEL);
      target.set(new Uint8Array(classes.buffer, classes.byteOffset, target.length));
    },

    /** Mean loss of the batch; gradients stay in the layers until `store`. */
    train(images: number): number {
      for (const layer of layers) layer.clear();
      forward(images, (norm) => norm.settle(images));
      space
        .bytes(logitsGradient.address, images * logits.imageBytes)
        .set(space.bytes(logits.address, images * logits.imageBytes));
      const row = logitsGradient.imageBytes;
      const loss = kernels.softmaxCrossEntropy(logitsGradient.address, row, labels, images, plan.classes, 1 / images);
      for (const layer of layers.toReversed()) {
        const { norm } = layer;
        if (norm) {
          norm.mask(0, images);
          norm.settleBackward(images);
          inChunks(images, (first, count) => layer.backward(first, count));
        } else {
          layer.backward(0, images);
        }
      }
      return loss / images;
    },

    measure: (images: number) => forward(images, (norm) => norm.accumulate(images), lastNorm),
    writeStatistics: (to: Float32Array) => layers.forEach((layer) => layer.norm?.writeStatistics(to)),
    useStatistics: (from: Float32Array) => layers.forEach((layer) => layer.norm?.useStatistics(from)),

    predict(images: number, probabilities: Float32Array): void {
      forward(images, (norm) => norm.discard());
      kernels.softmax(logits.address, logits.imageBytes, images, plan.classes);
      for (let n = 0; n < images; n++) {
        probabilities.set(space.floats(imageAddress(logits, n), plan.classes), n * plan.classes);
      }
    },
  };
}

/** Every layer reads the map before it and writes the one behind it; gradients flow through their dense twins. */
function createLayers(space: KernelSpace, plan: Plan, stages: readonly Stage[], capacity: number) {
  const maps = stages.map((stage, i) =>
    allocateFeatureMap(space, stage.input, capacity, {
      halo: stage.kind === 'convolutionBlock' ? 1 : 0,
      padChannels: i > 0,
    }),
  );
  const classes = { height: 1, width: 1, channels: plan.classes };
  maps.push(allocateFeatureMap(space, classes, capacity));
  const gradients: (FeatureMap | null)[] = maps.map((map, i) =>
    i > 0 ? allocateFeatureMap(space, map.shape, capacity) : null,
  );
  const layers = stages.map((stage, i) => {
    const neighbours = {
      input: maps[i],
      inputGradient: gradients[i],
      output: maps[i + 1],
      outputGradient: gradients[i + 1]!,
    };
    return stage.kind === 'convolutionBlock'
      ? createConvolutionBlock(space, stage, neighbours, capacity, CHUNK)
      : createDenseBlock(space, stage, neighbours, capacity);
  });
  return { layers, maps, gradients };
}
