/** Random calls of the kernels that treat every channel separately: depthwise convolutions, gates and PReLU. */
import { LANES } from '../../simd/kernels.ts';
import { type Call, type Case, DOUBLE_BYTES, type Source, between, floats, oneOf, someQuads } from './case.ts';

export function depthwiseCase(source: Source, kernel: string): Case {
  const size = (): number => oneOf(source, [1, 2, 3, 3, 3, 4, 5]);
  const [kernelHeight, kernelWidth] = source.random.float() < 0.5 ? [3, 3] : [size(), size()];
  const [strideY, strideX, dilationY, dilationX] = [0, 0, 0, 0].map(() => oneOf(source, [1, 1, 1, 2, 3]));
  // Windows reach beyond the edges, and some lie outside.
  const [top, left] = [between(source, 0, kernelHeight), between(source, 0, kernelWidth)];
  const [height, width] = [between(source, 1, 9), between(source, 1, 9)];
  const [outHeight, outWidth] = [between(source, 1, 9), between(source, 1, 9)];
  const [quads, images] = [someQuads(source), between(source, 1, 3)];
  const channels = quads * LANES;
  const taps = kernelHeight * kernelWidth * channels;
  const input = floats(source, images * height * width * channels);
  const output = floats(source, images * outHeight * outWidth * channels);
  const window = [kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX, top, left, quads, images];
  const weights = kernel === 'depthwiseWeightGradient' ? source.allocate(taps * DOUBLE_BYTES) : floats(source, taps);
  const operands = kernel === 'depthwise' ? [weights, floats(source, channels)] : [weights];
  return { calls: [[kernel, input, height, width, ...operands, output, outHeight, outWidth, ...window]] };
}

export function channelCase(source: Source, kernel: string): Case {
  const [pixels, quads, images] = [between(source, 1, 40), someQuads(source), between(source, 1, 3)];
  const [a, b, c] = [0, 0, 0].map(() => floats(source, images * pixels * quads * LANES));
  const each = floats(source, images * quads * LANES);
  const calls: Readonly<Record<string, () => Call>> = {
    multiplyMaps: () => ['multiplyMaps', a, b, oneOf(source, [a, c]), images * pixels * quads],
    scaleChannels: () => ['scaleChannels', a, each, oneOf(source, [a, c]), pixels, quads, images],
    gateGradient: () => ['gateGradient', a, b, each, pixels, quads, images],
    prelu: () => ['prelu', a, b, each, images * pixels, quads],
    preluGradient: () => {
      const sums = source.allocate(quads * LANES * DOUBLE_BYTES);
      return ['preluGradient', a, b, oneOf(source, [b, c]), each, sums, images * pixels, quads];
    },
  };
  return { calls: [calls[kernel]()] };
}
