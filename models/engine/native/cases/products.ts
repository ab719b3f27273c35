/** Random calls of the matrix products, and of the Winograd convolutions that use them. */
import { FLOAT_BYTES, LANES, quadsOf } from '../../simd/kernels.ts';
import { winogradPlaneBytes } from '../../simd/winograd-sweep.ts';
import { type Case, type Source, between, oneOf, floats, sums, someQuads, haloed, QUAD_BYTES } from './case.ts';

/** Points of a transformed Winograd tile of 6 × 6. */
const POINTS = 36;

export function productCase(source: Source): Case {
  const [m, k] = [between(source, 1, 40), between(source, 1, 70)];
  const columns = oneOf(source, [between(source, 1, 90), 16, 32, 64]);
  const quads = quadsOf(columns);
  const [a, b, c] = [floats(source, m * k), floats(source, k * columns), floats(source, m * quads * LANES)];
  const bytes = Math.ceil(columns / 8) * 8 * k * FLOAT_BYTES;
  const panels = source.allocate(bytes);
  const isTransposed = source.random.float() < 0.5;
  if (source.random.float() < 0.5) return patchProductCase(source, isTransposed);
  const [aRow, aColumn] = isTransposed ? [FLOAT_BYTES, m * FLOAT_BYTES] : [k * FLOAT_BYTES, FLOAT_BYTES];
  const [bRow, bColumn] =
    source.random.float() < 0.5 ? [columns * FLOAT_BYTES, FLOAT_BYTES] : [FLOAT_BYTES, k * FLOAT_BYTES];
  return {
    calls: [
      ['packPanels', b, bRow, bColumn, k, columns, panels],
      ['multiply', a, aRow, aColumn, panels, c, quads * QUAD_BYTES, m, k, quads],
    ],
    scratch: [{ address: panels, bytes }],
  };
}

/** A product with the patches of an image, or with these transposed. */
function patchProductCase(source: Source, isTransposed: boolean): Case {
  const [height, width] = [between(source, 1, 5), between(source, 1, 19)];
  const [kernelHeight, kernelWidth, channels] = [between(source, 1, 4), between(source, 1, 4), between(source, 1, 9)];
  const [strideY, strideX] = [between(source, 1, 3), between(source, 1, 3)];
  const columns = oneOf(source, [between(source, 1, 40), 16, 32]);
  const quads = quadsOf(columns);
  const pixel = channels * FLOAT_BYTES;
  const row = ((width - 1) * strideX + kernelWidth + between(source, 0, 2)) * pixel;
  const input = source.allocate(((height - 1) * strideY + kernelHeight) * row);
  const outside = [height, strideY * row, width, strideX * pixel];
  const inside = [kernelHeight, row, kernelWidth * channels, FLOAT_BYTES];
  const [pixels, taps] = [height * width, kernelHeight * kernelWidth * channels];
  const [m, k] = isTransposed ? [taps, pixels] : [pixels, taps];
  const [b, c] = [floats(source, k * columns), floats(source, m * quads * LANES)];
  const bytes = Math.ceil(columns / 8) * 8 * k * FLOAT_BYTES;
  const panels = source.allocate(bytes);
  const steps = isTransposed ? [...inside, ...outside] : [...outside, ...inside];
  return {
    calls: [
      ['packPanels', b, columns * FLOAT_BYTES, FLOAT_BYTES, k, columns, panels],
      ['multiplyPatches', source.random.integer(2), input, ...steps, panels, c, quads * QUAD_BYTES, quads],
    ],
    scratch: [{ address: panels, bytes }],
  };
}

export function winogradProductCase(source: Source, kernel: 'winogradProducts' | 'winogradGradientProducts'): Case {
  const [tiles, channels, quads] = [between(source, 1, 30), 4 * between(source, 1, 6), someQuads(source)];
  const planes = [tiles * channels, channels * quads * LANES, tiles * quads * LANES].map(winogradPlaneBytes);
  const [v, u, d] = planes.map((bytes) => source.allocate(POINTS * bytes));
  const [vPlane, uPlane, dPlane] = planes;
  const isForward = kernel === 'winogradProducts';
  const maps = isForward ? [v, vPlane, u, uPlane, d, dPlane] : [v, vPlane, d, dPlane, u, uPlane];
  return { calls: [[kernel, ...maps, tiles, channels, quads]] };
}

export function winogradTransformCase(source: Source, kernel: 'winogradInput' | 'winogradOutputGradient'): Case {
  const [tileRows, tileColumns, images] = [between(source, 1, 4), between(source, 1, 5), between(source, 1, 3)];
  const quads = someQuads(source);
  const map = haloed(source, 4 * tileRows, 4 * tileColumns, quads * LANES, images);
  const plane = winogradPlaneBytes(images * tileRows * tileColumns * quads * LANES);
  const to = source.allocate(POINTS * plane);
  const bytes = Math.max(6 * (4 * tileColumns + 2) * quads * LANES, 52 * LANES) * FLOAT_BYTES;
  const scratch = source.allocate(bytes);
  const from = kernel === 'winogradInput' ? map.corner : map.inside;
  return {
    calls: [[kernel, from, map.row, map.image, to, plane, scratch, tileRows, tileColumns, quads, images]],
    scratch: [{ address: scratch, bytes }],
  };
}

export function winogradOutputCase(source: Source): Case {
  const [height, width, images] = [between(source, 1, 13), between(source, 1, 13), between(source, 1, 3)];
  const quads = someQuads(source);
  const plane = winogradPlaneBytes(images * Math.ceil(height / 4) * Math.ceil(width / 4) * quads * LANES);
  const m = source.allocate(POINTS * plane);
  const output = floats(source, images * height * width * quads * LANES);
  const bytes = 52 * QUAD_BYTES;
  const scratch = source.allocate(bytes);
  const moments = source.random.float() < 0.5 ? sums(source, quads) : 0;
  return {
    calls: [['winogradOutput', m, plane, output, scratch, height, width, quads, images, moments]],
    scratch: [{ address: scratch, bytes }],
  };
}

export function winogradWeightCase(source: Source, kernel: 'winogradWeights' | 'winogradWeightGradient'): Case {
  const [channels, quads] = [4 * between(source, 1, 5), someQuads(source)];
  const packed = floats(source, quads * LANES * channels * 9);
  const plane = winogradPlaneBytes(channels * quads * LANES);
  const transformed = source.allocate(POINTS * plane);
  const bytes = 52 * QUAD_BYTES;
  const scratch = source.allocate(bytes);
  const maps = kernel === 'winogradWeights' ? [packed, transformed, plane] : [transformed, plane, packed];
  return { calls: [[kernel, ...maps, scratch, channels, quads]], scratch: [{ address: scratch, bytes }] };
}
