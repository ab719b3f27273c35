/** What a stage does during a step, and the buffers through which stages meet. */
import type { ImageShape } from '../../../data/index.ts';
import type { BatchNorm } from './batch-norm.ts';
import { type Address, FLOAT_BYTES, type KernelSpace, LANES, quadsOf } from './kernels.ts';
import type { Mode } from './mode.ts';

/** Where one feature map per image lies; channels are padded to whole quads except, often, in the network's input. */
export interface FeatureMap {
  readonly shape: ImageShape;
  /** Floats from pixel to pixel. */
  readonly channels: number;
  /** First pixel of the first image, inside the halo if there is one. */
  readonly address: Address;
  readonly rowBytes: number;
  readonly imageBytes: number;
  /** Width of the border of zeros around every image. No kernel writes there. */
  readonly halo: number;
  /** Images that it has room for. With fewer than a batch, each chunk takes the place of the one before. */
  readonly images: number;
}

/** The maps that a layer of one input reads and writes. Gradients have no halo. */
export interface Neighbours {
  readonly input: FeatureMap;
  /** null when nothing before the layer has weights. May be the same memory as the output's gradient. */
  readonly inputGradient: FeatureMap | null;
  readonly output: FeatureMap;
  readonly outputGradient: FeatureMap;
}

/**
 * Work on the images [first, first + count). Steps of the scope 'chunk' are run one after the other on a few images
 * before the next few; a step of the scope 'batch' sees all images at once, when those before it have seen them all.
 */
export interface Step {
  readonly scope: 'chunk' | 'batch';
  /** Marks the step behind which a batch norm's statistics are known. */
  readonly settles?: true;
  run(first: number, count: number): void;
}

/** A stage at work. `backward` turns the gradient of its output into those of its weights and its inputs. */
export interface Layer {
  /** Reads this layer's weights from the flat vector into the layout of the kernels. */
  readonly load?: (weights: Float32Array) => void;
  readonly forward: (mode: Mode) => readonly Step[];
  readonly backward: readonly Step[];
  /** Clears what `backward` accumulates. */
  readonly clear?: () => void;
  /**
   * Writes the output of a chunk, where its map keeps no more. Then it is no step of `forward`: it comes right before
   * those of the only layer that reads it, forward and backward, so that the values are still in the cache.
   */
  readonly fillOutput?: Step;
  /** The same for the gradient of the input, which only the layer before reads. */
  readonly fillInputGradient?: Step;
  /** Writes this layer's part of the flat gradient. */
  readonly store?: (gradient: Float32Array) => void;
  readonly norm?: BatchNorm;
}

/** Zero pixels around every image, and more to the right and below, up to a `multiple` of pixels inside the halo. */
export interface Halo {
  readonly halo: number;
  readonly multiple: number;
}

/** A feature map with zeros around every image, by default none. */
export function allocateFeatureMap(
  space: KernelSpace,
  shape: ImageShape,
  images: number,
  { halo = 0, multiple = 1, padChannels = true }: Partial<Halo> & { padChannels?: boolean } = {},
): FeatureMap {
  const channels = padChannels ? quadsOf(shape.channels) * LANES : shape.channels;
  const padded = (pixels: number): number => Math.ceil(pixels / multiple) * multiple + 2 * halo;
  const rowBytes = padded(shape.width) * channels * FLOAT_BYTES;
  const imageBytes = padded(shape.height) * rowBytes;
  // Kernels may read up to a register beyond the last value.
  const start = space.allocate(images * imageBytes + LANES * FLOAT_BYTES);
  const address = start + halo * (rowBytes + channels * FLOAT_BYTES);
  return { shape, channels, address, rowBytes, imageBytes, halo, images };
}

export const imageAddress = (map: FeatureMap, image: number): Address =>
  map.address + (image % map.images) * map.imageBytes;

/** Quads in `count` images of a map without a halo. */
export const quadsIn = (map: FeatureMap, count: number): number => (count * map.imageBytes) / (LANES * FLOAT_BYTES);

export const pixelsOf = ({ height, width }: ImageShape): number => height * width;
