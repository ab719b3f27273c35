/** The three sweeps of a 3×3 'same' convolution, stride 1, over maps in linear memory: direct, or by Winograd. */
import { type Address, FLOAT_BYTES, type KernelSpace, LANES, quadsOf } from './kernels.ts';
import { type FeatureMap, type Halo, imageAddress } from './layer.ts';

const TAPS = 9;

export interface SweepMaps {
  /** With a halo of one pixel, and for Winograd zeros up to the next multiple of 4. */
  readonly input: FeatureMap;
  readonly output: FeatureMap;
  /** Like input; holds the images of one chunk, from its first place. */
  readonly outputGradient: FeatureMap;
  /** null where no input gradient is wanted. */
  readonly inputGradient: FeatureMap | null;
  /** Packed as [quad][ky][c][kx][4], and the same turned by 180° with input and output exchanged. */
  readonly weights: Address;
  readonly turnedWeights: Address;
  readonly weightGradient: Address;
  /** f64 [quad][Σ ×4, Σ² ×4] of the output. */
  readonly moments: Address;
}

export interface Sweeps {
  /** After the weights have changed. */
  load(): void;
  forward(first: number, count: number): void;
  backward(first: number, count: number): void;
  /** Before the first `backward` of a batch. */
  clear(): void;
  /** After the last one: completes the weight gradient. */
  finish(): void;
}

/** Address of the halo's corner of an image. */
export const cornerAddress = (map: FeatureMap, image: number): Address =>
  imageAddress(map, image) - map.rowBytes - map.channels * FLOAT_BYTES;

function createDirectSweeps(space: KernelSpace, maps: SweepMaps): Sweeps {
  const { kernels } = space;
  const { input, output, outputGradient, inputGradient } = maps;
  const { height, width } = output.shape;
  const quads = quadsOf(output.channels);
  return {
    load() {},
    clear() {
      space.bytes(maps.weightGradient, quads * LANES * input.channels * TAPS * FLOAT_BYTES).fill(0);
    },
    forward(first, count) {
      // prettier-ignore
      kernels.convolve3x3Moments(
        cornerAddress(input, first), input.rowBytes, input.imageBytes, maps.weights,
        imageAddress(output, first), height, width, input.channels, quads, count, maps.moments,
      );
    },
    backward(first, count) {
      // prettier-ignore
      kernels.weightGradient3x3(
        cornerAddress(input, first), input.rowBytes, input.imageBytes,
        outputGradient.address, outputGradient.rowBytes, outputGradient.imageBytes,
        height, width, input.channels, quads, count, maps.weightGradient,
      );
      if (inputGradient) {
        // prettier-ignore
        kernels.convolve3x3(
          cornerAddress(outputGradient, 0), outputGradient.rowBytes, outputGradient.imageBytes, maps.turnedWeights,
          imageAddress(inputGradient, first), height, width, output.channels, quadsOf(input.channels), count,
        );
      }
    },
    finish() {},
  };
}

const POINTS = 36;
const CACHE_LINE_BYTES = 64;
const WINOGRAD_TILE = 4;
/** Below, transforming the tiles costs more than the saved multiplications. */
const WINOGRAD_CHANNELS = 8;
/** Transformed tiles of one pass: they should stay in the second-level cache. */
const PASS_BYTES = 192 * 1024;
/** A 6×6 and a 4×4 tile of quads. */
const SCRATCH_QUADS = 36 + 16;

/**
 * Bytes from plane to plane. An odd number of cache lines: at a power of 2 the 36 planes would share a few lines of the
 * first-level cache (measured: transforms up to ten times as slow).
 */
function planeBytes(floats: number): number {
  const lines = Math.ceil((floats * FLOAT_BYTES) / CACHE_LINE_BYTES);
  return (lines + 1 - (lines % 2)) * CACHE_LINE_BYTES;
}

/** Whether Winograd is the faster way between so many channels. */
const winogradPays = (inputChannels: number, outputChannels: number): boolean =>
  Math.min(inputChannels, outputChannels) >= WINOGRAD_CHANNELS;

/** The zeros that the sweeps need around their input and their output's gradient. */
export const sweepsHalo = (inputChannels: number, outputChannels: number): Halo => ({
  halo: 1,
  multiple: winogradPays(inputChannels, outputChannels) ? WINOGRAD_TILE : 1,
});

/** The faster sweeps for so many channels. */
export const createSweeps = (space: KernelSpace, maps: SweepMaps): Sweeps =>
  winogradPays(maps.input.shape.channels, maps.output.shape.channels)
    ? createWinogradSweeps(space, maps)
    : createDirectSweeps(space, maps);

function createWinogradSweeps(space: KernelSpace, maps: SweepMaps): Sweeps {
  const { kernels } = space;
  const { input, output, outputGradient, inputGradient } = maps;
  const { height, width } = output.shape;
  const tileRows = Math.ceil(height / WINOGRAD_TILE);
  const tileColumns = Math.ceil(width / WINOGRAD_TILE);
  const tiles = tileRows * tileColumns;
  const [channels, outputs] = [input.channels, output.channels];
  const [inputQuads, quads] = [quadsOf(channels), quadsOf(outputs)];
  const imageBytes = POINTS * tiles * (channels + outputs) * FLOAT_BYTES;
  const pass = Math.max(1, Math.floor(PASS_BYTES / imageBytes));

  const inputPlane = planeBytes(tiles * pass * channels);
  const outputPlane = planeBytes(tiles * pass * outputs);
  const weightPlane = planeBytes(channels * outputs);
  const transformed = space.allocate(POINTS * inputPlane);
  const products = space.allocate(POINTS * outputPlane);
  const weights = space.allocate(POINTS * weightPlane);
  const turnedWeights = space.allocate(POINTS * weightPlane);
  const weightGradient = space.allocate(POINTS * weightPlane);
  const scratch = space.allocate(SCRATCH_QUADS * LANES * FLOAT_BYTES);

  /** Calls `run` for parts of [first, first + count) whose tiles fit the buffers. */
  const inPasses = (first: number, count: number, run: (first: number, count: number) => void): void => {
    for (let done = 0; done < count; done += pass) run(first + done, Math.min(pass, count - done));
  };
  const transform = (map: FeatureMap, image: number, to: Address, plane: number, count: number): void => {
    const from = cornerAddress(map, image);
    const mapQuads = quadsOf(map.channels);
    // prettier-ignore
    kernels.winogradInput(
      from, map.rowBytes, map.imageBytes, to, plane, scratch, tileRows, tileColumns, mapQuads, count,
    );
  };

  return {
    load() {
      kernels.winogradWeights(maps.weights, weights, weightPlane, scratch, channels, quads);
      if (inputGradient)
        kernels.winogradWeights(maps.turnedWeights, turnedWeights, weightPlane, scratch, outputs, inputQuads);
    },
    clear() {
      space.bytes(weightGradient, POINTS * weightPlane).fill(0);
    },
    forward(start, images) {
      inPasses(start, images, (first, count) => {
        transform(input, first, transformed, inputPlane, count);
        // prettier-ignore
        kernels.winogradProducts(
          transformed, inputPlane, weights, weightPlane, products, outputPlane, tiles * count, channels, quads,
        );
        const to = imageAddress(output, first);
        kernels.winogradOutput(products, outputPlane, to, scratch, height, width, quads, count, maps.moments);
      });
    },
    backward(start, images) {
      inPasses(start, images, (first, count) => {
        transform(input, first, transformed, inputPlane, count);
        // prettier-ignore
        kernels.winogradOutputGradient(
          imageAddress(outputGradient, first - start), outputGradient.rowBytes, outputGradient.imageBytes,
          products, outputPlane, scratch, tileRows, tileColumns, quads, count,
        );
        // prettier-ignore
        kernels.winogradGradientProducts(
          transformed, inputPlane, products, outputPlane, weightGradient, weightPlane, tiles * count, channels, quads,
        );
        if (inputGradient) {
          transform(outputGradient, first - start, products, outputPlane, count);
          // prettier-ignore
          kernels.winogradProducts(
            products, outputPlane, turnedWeights, weightPlane, transformed, inputPlane, tiles * count, outputs, inputQuads,
          );
          const to = imageAddress(inputGradient, first);
          kernels.winogradOutput(transformed, inputPlane, to, scratch, height, width, inputQuads, count, 0);
        }
      });
    },
    finish() {
      kernels.winogradWeightGradient(weightGradient, weightPlane, maps.weightGradient, scratch, channels, quads);
    },
  };
}
