/**
 * The three sweeps of a 3×3 'same' convolution, stride 1, over maps in linear memory, and its weights in the layout of
 * the kernels: by F(2, 3) along columns, or by F(4×4, 3×3) if there are enough channels.
 */
import type { StageOf } from '../fuse.ts';
import { createColumnSweep } from './column-sweep.ts';
import { FLOAT_BYTES, type KernelSpace, LANES, quadsOf } from './kernels.ts';
import type { Halo } from './layer.ts';
import type { PackedWeights, Sweep, SweepMaps } from './sweep.ts';
import { createWinogradSweep, WINOGRAD_TILE, winogradChunk } from './winograd-sweep.ts';

const TAPS = 9;
/** With fewer channels transforming the tiles costs more than the saved multiplications. */
const WINOGRAD_CHANNELS = 8;

export interface Sweeps extends Pick<Sweep, 'forward' | 'backward' | 'clear'> {
  load(weights: Float32Array): void;
  store(gradient: Float32Array): void;
}

/** Whether F(4×4, 3×3) is faster for these numbers of channels. */
export const winogradPays = (inputChannels: number, outputChannels: number): boolean =>
  Math.min(inputChannels, outputChannels) >= WINOGRAD_CHANNELS;

/** Images of a chunk that suit the sweeps of a stage; 1 if any number does. */
export const sweepsChunk = ({ input, convolution }: StageOf<'convolutionBlock' | 'convolution'>): number =>
  winogradPays(input.channels, convolution.output.channels) ? winogradChunk(input, convolution.output) : 1;

/** The halo that the sweeps of a stage need around the input and the gradient of the output. */
export const sweepsHalo = ({ input, convolution }: StageOf<'convolutionBlock' | 'convolution'>): Halo => ({
  halo: 1,
  multiple: winogradPays(input.channels, convolution.output.channels) ? WINOGRAD_TILE : 1,
});

/** @param kernel offset in the flat weights of [3, 3, in, out] */
export function createSweeps(space: KernelSpace, kernel: number, maps: SweepMaps): Sweeps {
  const { input, output } = maps;
  const [inputChannels, outputChannels] = [input.shape.channels, output.shape.channels];
  const weightFloats = output.channels * input.channels * TAPS;
  const turnedFloats = quadsOf(inputChannels) * LANES * output.channels * TAPS;
  const packed: PackedWeights = {
    weights: space.allocate(weightFloats * FLOAT_BYTES),
    turned: space.allocate(turnedFloats * FLOAT_BYTES),
    gradient: space.allocate(weightFloats * FLOAT_BYTES),
  };
  const create = winogradPays(inputChannels, outputChannels) ? createWinogradSweep : createColumnSweep;
  const sweep = create(space, maps, packed);

  const { packedAt, turnedAt } = packedPositions(inputChannels, outputChannels, input.channels, output.channels);

  return {
    load(weights) {
      const forward = space.floats(packed.weights, weightFloats);
      const backward = space.floats(packed.turned, turnedFloats);
      for (let i = 0; i < packedAt.length; i++) {
        const value = weights[kernel + i];
        forward[packedAt[i]] = value;
        backward[turnedAt[i]] = value;
      }
      sweep.load();
    },
    forward: (first, count, withMoments) => sweep.forward(first, count, withMoments),
    backward: (first, count) => sweep.backward(first, count),
    clear: () => sweep.clear(),
    store(gradient) {
      sweep.finish();
      const from = space.floats(packed.gradient, weightFloats);
      for (let i = 0; i < packedAt.length; i++) gradient[kernel + i] = from[packedAt[i]];
    },
  };
}

/** For every weight of [3, 3, in, out] its index in the packed layout, and in that of the turned weights. */
function packedPositions(inputs: number, outputs: number, paddedInputs: number, paddedOutputs: number) {
  const packedAt = new Uint32Array(TAPS * inputs * outputs);
  const turnedAt = new Uint32Array(packedAt.length);
  let at = 0;
  for (let ky = 0; ky < 3; ky++) {
    for (let kx = 0; kx < 3; kx++) {
      for (let i = 0; i < inputs; i++) {
        for (let o = 0; o < outputs; o++, at++) {
          packedAt[at] = packedIndex(o, ky, i, kx, paddedInputs);
          turnedAt[at] = packedIndex(i, 2 - ky, o, 2 - kx, paddedOutputs);
        }
      }
    }
  }
  return { packedAt, turnedAt };
}

/** Index in [quad][ky][c][kx][4] of output channel o, row ky, input channel i, column kx. */
function packedIndex(o: number, ky: number, i: number, kx: number, inputChannels: number): number {
  return (((Math.floor(o / LANES) * 3 + ky) * inputChannels + i) * 3 + kx) * LANES + (o % LANES);
}
