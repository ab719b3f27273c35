/** The contract of a way to run a 3×3 convolution: the maps and weights it works on, and its three sweeps. */
import { type Address, FLOAT_BYTES } from './kernels.ts';
import { type FeatureMap, imageAddress } from './layer.ts';

export interface SweepMaps {
  /** With the zeros of `sweepsHalo`. */
  readonly input: FeatureMap;
  /** Without a halo. */
  readonly output: FeatureMap;
  /** With the same zeros as the input; one chunk is enough. */
  readonly outputGradient: FeatureMap;
  /** Without a halo; null where no input gradient is wanted. */
  readonly inputGradient: FeatureMap | null;
  /** Where Σ and Σ² of the output are added, f64 [quad][Σ ×4, Σ² ×4]. */
  readonly moments: Address;
}

/** Weights as [quad][ky][c][kx][4], and the same turned by 180° with input and output exchanged. */
export interface PackedWeights {
  readonly weights: Address;
  readonly turned: Address;
  readonly gradient: Address;
}

/** How the products are made; all weights are packed. */
export interface Sweep {
  /** After the weights have changed. */
  load(): void;
  /** @param withMoments whether Σ and Σ² of the output are wanted */
  forward(first: number, count: number, withMoments: boolean): void;
  backward(first: number, count: number): void;
  /** Before the first `backward` of a batch. */
  clear(): void;
  /** After the last one: completes the weight gradient. */
  finish(): void;
}

/** Address of the halo's corner of an image. */
export const cornerAddress = (map: FeatureMap, image: number): Address =>
  imageAddress(map, image) - map.rowBytes - map.channels * FLOAT_BYTES;
