/** The interface of an algorithm for 3×3 convolutions: its maps and weights, and its three sweeps. */
import { type Address, FLOAT_BYTES } from './kernels.ts';
import { type FeatureMap, imageAddress } from './layer.ts';

export interface SweepMaps {
  /** Input with a halo of `sweepsHalo`. */
  readonly input: FeatureMap;
  /** Output without a halo. */
  readonly output: FeatureMap;
  /** Gradient of the output with the same halo as the input, for at least one chunk. */
  readonly outputGradient: FeatureMap;
  /** Gradient of the input without a halo; null if it is not needed. */
  readonly inputGradient: FeatureMap | null;
  /** Σ and Σ² of the output are added here, f64 [quad][Σ ×4, Σ² ×4]. */
  readonly moments: Address;
}

/** Weights as [quad][ky][c][kx][4], and the same turned by 180° with input and output exchanged. */
export interface PackedWeights {
  readonly weights: Address;
  readonly turned: Address;
  readonly gradient: Address;
}

/** An algorithm for the convolution with packed weights. */
export interface Sweep {
  /** Must be called after the weights have changed. */
  load(): void;
  /** @param withMoments whether to add Σ and Σ² of the output to the moments */
  forward(first: number, count: number, withMoments: boolean): void;
  backward(first: number, count: number): void;
  /** Must be called before the first `backward` of a batch. */
  clear(): void;
  /** Must be called after the last `backward` of a batch. Completes the weight gradient. */
  finish(): void;
}

/** Address of the upper left corner of an image's halo. */
export const cornerAddress = (map: FeatureMap, image: number): Address =>
  imageAddress(map, image) - map.rowBytes - map.channels * FLOAT_BYTES;
