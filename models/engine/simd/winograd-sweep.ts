/** A 3×3 convolution by Winograd's F(4×4, 3×3): 2.25 to 4 times fewer multiplications, see kernels/winograd.ts. */
import type { ImageShape } from '../../../data/index.ts';
import { type Address, FLOAT_BYTES, type KernelSpace, LANES, quadsOf } from './kernels.ts';
import { type FeatureMap, imageAddress } from './layer.ts';
import { cornerAddress, type PackedWeights, type Sweep, type SweepMaps } from './sweep.ts';

const POINTS = 36;
const CACHE_LINE_BYTES = 64;
/** Side length of a tile in pixels. Maps that are read need zeros up to a multiple of it. */
export const WINOGRAD_TILE = 4;
/** Size of the transformed tiles of one pass that stay in the second-level cache. */
const PASS_BYTES = 192 * 1024;
/** Quads of a 6×6 and a 4×4 tile. */
const TILE_QUADS = 36 + 16;

/**
 * Distance between planes in bytes: an odd number of cache lines. At a power of 2 the 36 planes would share a few sets
 * of the first-level cache (measured: transforms up to ten times as slow).
 */
export function winogradPlaneBytes(floats: number): number {
  const lines = Math.ceil((floats * FLOAT_BYTES) / CACHE_LINE_BYTES);
  return (lines + 1 - (lines % 2)) * CACHE_LINE_BYTES;
}

/**
 * Images of one pass. Every pass reads all transformed weights, so its tiles are as large as these where they are larger
 * than `PASS_BYTES`.
 * @param tiles in an image
 */
function passOf(tiles: number, channels: number, outputs: number): number {
  const imageFloats = tiles * (channels + outputs);
  const passFloats = Math.max(PASS_BYTES / FLOAT_BYTES / POINTS, channels * outputs);
  return Math.max(1, Math.floor(passFloats / imageFloats));
}

const tilesOf = ({ height, width }: ImageShape): readonly [rows: number, columns: number] => [
  Math.ceil(height / WINOGRAD_TILE),
  Math.ceil(width / WINOGRAD_TILE),
];

/** Images of a chunk that fill a pass. */
export function winogradChunk(input: ImageShape, output: ImageShape): number {
  const [rows, columns] = tilesOf(output);
  return passOf(rows * columns, quadsOf(input.channels) * LANES, quadsOf(output.channels) * LANES);
}

export function createWinogradSweep(space: KernelSpace, maps: SweepMaps, packed: PackedWeights): Sweep {
  const { kernels } = space;
  const { input, output, outputGradient, inputGradient } = maps;
  const { height, width } = output.shape;
  const [tileRows, tileColumns] = tilesOf(output.shape);
  const tiles = tileRows * tileColumns;
  const [channels, outputs] = [input.channels, output.channels];
  const [inputQuads, quads] = [quadsOf(channels), quadsOf(outputs)];
  const pass = Math.min(passOf(tiles, channels, outputs), output.images);

  const inputPlane = winogradPlaneBytes(tiles * pass * channels);
  const outputPlane = winogradPlaneBytes(tiles * pass * outputs);
  const weightPlane = winogradPlaneBytes(channels * outputs);
  const transformed = space.allocate(POINTS * inputPlane);
  const products = space.allocate(POINTS * outputPlane);
  const weights = space.allocate(POINTS * weightPlane);
  const turnedWeights = space.allocate(POINTS * weightPlane);
  const weightGradient = space.allocate(POINTS * weightPlane);
  // Six rows of a row of tiles, for the transform of the input.
  const rowsOfTiles = 6 * (WINOGRAD_TILE * tileColumns + 2) * Math.max(channels, outputs);
  const scratch = space.allocate(Math.max(rowsOfTiles, TILE_QUADS * LANES) * FLOAT_BYTES);

  /** Calls `run` for parts of [first, first + count) whose tiles fit into the buffers. */
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
      kernels.winogradWeights(packed.weights, weights, weightPlane, scratch, channels, quads);
      if (inputGradient)
        kernels.winogradWeights(packed.turned, turnedWeights, weightPlane, scratch, outputs, inputQuads);
    },
    clear() {
      space.bytes(weightGradient, POINTS * weightPlane).fill(0);
    },
    forward(start, images, withMoments) {
      inPasses(start, images, (first, count) => {
        transform(input, first, transformed, inputPlane, count);
        // prettier-ignore
        kernels.winogradProducts(
          transformed, inputPlane, weights, weightPlane, products, outputPlane, tiles * count, channels, quads,
        );
        const to = imageAddress(output, first);
        kernels.winogradOutput(
          products,
          outputPlane,
          to,
          scratch,
          height,
          width,
          quads,
          count,
          withMoments ? maps.moments : 0,
        );
      });
    },
    backward(start, images) {
      inPasses(start, images, (first, count) => {
        transform(input, first, transformed, inputPlane, count);
        // prettier-ignore
        kernels.winogradOutputGradient(
          imageAddress(outputGradient, first), outputGradient.rowBytes, outputGradient.imageBytes,
          products, outputPlane, scratch, tileRows, tileColumns, quads, count,
        );
        // prettier-ignore
        kernels.winogradGradientProducts(
          transformed, inputPlane, products, outputPlane, weightGradient, weightPlane, tiles * count, channels, quads,
        );
        if (inputGradient) {
          transform(outputGradient, first, products, outputPlane, count);
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
      kernels.winogradWeightGradient(weightGradient, weightPlane, packed.gradient, scratch, channels, quads);
    },
  };
}
