/** What a fused stage does during a training step, and the buffers through which stages meet. */
import type { ImageShape } from '../../../data/images.ts';
import { type Address, FLOAT_BYTES, type KernelSpace, LANES, quadsOf } from './kernels.ts';

/** Where one feature map per image lies; channels are padded to whole quads except in the network's input. */
export interface FeatureMap {
  readonly shape: ImageShape;
  /** Floats from pixel to pixel. */
  readonly channels: number;
  /** First pixel of the first image, inside the halo if there is one. */
  readonly address: Address;
  readonly rowBytes: number;
  readonly imageBytes: number;
}

/**
 * A stage runs in steps over a range of images [first, first + count). `activate` may only start when `forward` has
 * seen the whole batch and `settle` has been called, since batch statistics lie between them; likewise `backward`
 * after `mask` and `settleBackward`.
 */
export interface Layer {
  /** Reads this layer's weights from the flat vector into the layout of the kernels. */
  load(weights: Float32Array): void;
  forward(first: number, count: number): void;
  readonly norm?: LayerNorm;
  /** Turns the gradient of the output into those of the weights and, unless it is the first layer, of the input. */
  backward(first: number, count: number): void;
  /** Clears what `backward` accumulates. */
  clear(): void;
  /** Writes this layer's part of the flat gradient. */
  store(gradient: Float32Array): void;
}

/** The half of a layer behind its batch norm. */
export interface LayerNorm {
  /** From the sums of `forward` over a batch of `images` to scales, in training mode. */
  settle(images: number): void;
  /** Like settle, and keeps the moments for `writeStatistics`. */
  accumulate(images: number): void;
  writeStatistics(statistics: Float32Array): void;
  /** Scales from given statistics, in evaluation mode. */
  useStatistics(statistics: Float32Array): void;
  /** Instead of settle in evaluation mode: forgets the sums of `forward`. */
  discard(): void;
  activate(first: number, count: number): void;
  /** Applies ReLU's mask to the output gradient and collects the sums that batch norm needs. */
  mask(first: number, count: number): void;
  settleBackward(images: number): void;
}

/** A feature map with `halo` zero pixels around every image. */
export function allocateFeatureMap(
  space: KernelSpace,
  shape: ImageShape,
  capacity: number,
  { halo = 0, padChannels = true } = {},
): FeatureMap {
  const channels = padChannels ? quadsOf(shape.channels) * LANES : shape.channels;
  const rowBytes = (shape.width + 2 * halo) * channels * FLOAT_BYTES;
  const imageBytes = (shape.height + 2 * halo) * rowBytes;
  // Kernels may read up to a register beyond the last value.
  const start = space.allocate(capacity * imageBytes + LANES * FLOAT_BYTES);
  return { shape, channels, address: start + halo * (rowBytes + channels * FLOAT_BYTES), rowBytes, imageBytes };
}

export const imageAddress = (map: FeatureMap, image: number): Address => map.address + image * map.imageBytes;
