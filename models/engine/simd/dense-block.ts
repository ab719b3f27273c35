/** dense, perhaps → ReLU, as one layer of the simd engine: three matrix products over the whole batch. */
import type { Stage } from '../fuse.ts';
import { FLOAT_BYTES, type KernelSpace, LANES, quadsOf } from './kernels.ts';
import { type FeatureMap, imageAddress, type Layer } from './layer.ts';

interface Neighbours {
  readonly input: FeatureMap;
  /** null for the first layer, whose input needs no gradient. */
  readonly inputGradient: FeatureMap | null;
  readonly output: FeatureMap;
  readonly outputGradient: FeatureMap;
}

/** Columns of one packed panel, as in kernels/matrix.ts. */
const PANEL = 8;

export function createDenseBlock(
  space: KernelSpace,
  stage: Extract<Stage, { kind: 'denseBlock' }>,
  { input, inputGradient, output, outputGradient }: Neighbours,
  capacity: number,
): Layer {
  const { kernels } = space;
  const { dense } = stage;
  const { channels } = stage.input;
  const outputs = dense.output.channels;
  const quads = quadsOf(outputs);
  const pixels = stage.input.height * stage.input.width;
  /** Rows of the kernel matrix, with the padding channels of every pixel. */
  const rows = pixels * input.channels;
  const matrixFloats = rows * quads * LANES;
  const matrixRowBytes = quads * LANES * FLOAT_BYTES;

  const matrix = space.allocate(matrixFloats * FLOAT_BYTES);
  const matrixGradient = space.allocate(matrixFloats * FLOAT_BYTES);
  const bias = space.allocate(matrixRowBytes);
  const biasGradient = space.allocate(matrixRowBytes);
  const panelFloats = (columns: number, depth: number): number => Math.ceil(columns / PANEL) * PANEL * depth;
  const panels = space.allocate(panelFloats(outputs, rows) * FLOAT_BYTES);
  const transposedPanels = space.allocate(panelFloats(rows, outputs) * FLOAT_BYTES);
  const gradientPanels = space.allocate(panelFloats(outputs, capacity) * FLOAT_BYTES);

  /** Visits every row of the kernel: where it starts in [in, out] and in the padded matrix. */
  const forEachRow = (visit: (flat: number, padded: number) => void): void => {
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let c = 0; c < channels; c++) {
        visit((pixel * channels + c) * outputs, (pixel * input.channels + c) * quads * LANES);
      }
    }
  };

  return {
    load(weights) {
      const to = space.floats(matrix, matrixFloats);
      forEachRow((flat, padded) => {
        const start = dense.kernel + flat;
        to.set(weights.subarray(start, start + outputs), padded);
      });
      if (dense.bias !== null) {
        space.floats(bias, outputs).set(weights.subarray(dense.bias, dense.bias + outputs));
      }
      kernels.packPanels(matrix, matrixRowBytes, FLOAT_BYTES, rows, outputs, panels);
      if (inputGradient) kernels.packPanels(matrix, FLOAT_BYTES, matrixRowBytes, outputs, rows, transposedPanels);
    },

    forward(first, count) {
      const [x, y] = [imageAddress(input, first), imageAddress(output, first)];
      kernels.fillRows(bias, y, output.imageBytes, count, quads);
      kernels.multiplyAdd(x, input.imageBytes, FLOAT_BYTES, panels, y, output.imageBytes, count, rows, quads);
      if (stage.relu) kernels.relu(y, output.imageBytes, count, quads);
    },

    backward(first, count) {
      const [x, dY] = [imageAddress(input, first), imageAddress(outputGradient, first)];
      const { imageBytes } = outputGradient;
      if (stage.relu) kernels.reluGradient(imageAddress(output, first), dY, imageBytes, count, quads);
      kernels.addRows(dY, imageBytes, count, quads, biasGradient);
      kernels.packPanels(dY, imageBytes, FLOAT_BYTES, count, outputs, gradientPanels);
      // prettier-ignore
      kernels.multiplyAdd(
        x, FLOAT_BYTES, input.imageBytes, gradientPanels, matrixGradient,
        matrixRowBytes, rows, count, quads,
      );
      if (inputGradient) {
        const dX = imageAddress(inputGradient, first);
        space.bytes(dX, count * inputGradient.imageBytes).fill(0);
        // prettier-ignore
        kernels.multiplyAdd(
          dY, imageBytes, FLOAT_BYTES, transposedPanels, dX,
          inputGradient.imageBytes, count, outputs, rows / LANES,
        );
      }
    },

    clear() {
      space.floats(matrixGradient, matrixFloats).fill(0);
      space.floats(biasGradient, outputs).fill(0);
    },

    store(gradient) {
      const from = space.floats(matrixGradient, matrixFloats);
      forEachRow((flat, padded) => gradient.set(from.subarray(padded, padded + outputs), dense.kernel + flat));
      if (dense.bias !== null) gradient.set(space.floats(biasGradient, outputs), dense.bias);
    },
  };
}
