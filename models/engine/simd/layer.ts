/** The interface of a layer: its steps, and the buffers between layers. */
import type { ImageShape } from '../../../data/index.ts';
import type { BatchNorm } from './batch-norm.ts';
import { type Address, FLOAT_BYTES, type KernelSpace, LANES, quadsOf } from './kernels.ts';
import type { Mode } from './mode.ts';

/** A buffer of one feature map per image. Channels are padded to whole quads, except often in the network's input. */
export interface FeatureMap {
  readonly shape: ImageShape;
  /** Distance between pixels in floats. */
  readonly channels: number;
  /** Address of the first pixel of the first image, inside the halo if there is one. */
  readonly address: Address;
  readonly rowBytes: number;
  readonly imageBytes: number;
  /** Width of the border of zeros around every image. No kernel writes there. */
  readonly halo: number;
  /** Capacity in images. If it is smaller than a batch, each chunk overwrites the one before. */
  readonly images: number;
}

/** The maps of a layer with one input. Gradients have no halo. */
export interface Neighbours {
  readonly input: FeatureMap;
  /** Null if no layer before has weights. It may share the memory of the output's gradient. */
  readonly inputGradient: FeatureMap | null;
  readonly output: FeatureMap;
  readonly outputGradient: FeatureMap;
}

/**
 * Work on the images [first, first + count). Successive steps of the scope 'chunk' run one after the other on a few
 * images, and then on the next few. A step of the scope 'batch' runs once on all images, after the steps before it.
 */
export interface Step {
  readonly scope: 'chunk' | 'batch';
  /** Marks the step after which the statistics of a batch norm are known. */
  readonly settles?: true;
  run(first: number, count: number): void;
}

/** A running stage. `backward` computes the gradients of its weights and inputs from that of its output. */
export interface Layer {
  /** Copies the weights of this layer from the flat vector into the layout of the kernels. */
  readonly load?: (weights: Float32Array) => void;
  readonly forward: (mode: Mode) => readonly Step[];
  readonly backward: readonly Step[];
  /** Clears the sums of `backward`. */
  readonly clear?: () => void;
  /**
   * Writes the output of a chunk, if its map holds only a chunk. It is then no step of `forward`, but runs right before
   * the steps of the only reader, forward and backward, so that the values are still in the cache.
   */
  readonly fillOutput?: Step;
  /** Does the same for the gradient of the input, which only the layer before reads. */
  readonly fillInputGradient?: Step;
  /** Writes this layer's part of the flat gradient vector. */
  readonly store?: (gradient: Float32Array) => void;
  readonly norm?: BatchNorm;
}

/** Zero pixels around every image, with more at the right and bottom up to a `multiple` of pixels inside the halo. */
export interface Halo {
  readonly halo: number;
  readonly multiple: number;
}

/** Allocates a feature map, by default without a halo. */
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
