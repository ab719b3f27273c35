/**
 * Random calls of every kernel that has a twin in C: shapes and edges that networks have, and some that they have not.
 * Addresses are given out from an empty memory; the caller fills it.
 */
import type { Random } from '../../../numerics/random.ts';
import { type Address, FLOAT_BYTES, IMAGES_AT_ONCE, LANES, quadsOf } from '../simd/kernels.ts';
import { winogradPlaneBytes } from '../simd/winograd-sweep.ts';

const QUAD_BYTES = LANES * FLOAT_BYTES;
const DOUBLE_BYTES = 8;
const POINTS = 36;

export type Call = readonly [kernel: string, ...numbers: number[]];

export interface Case {
  /** Calls that always run in WebAssembly, before the compared kernel. */
  readonly prepare?: readonly Call[];
  readonly calls: readonly Call[];
  /** What kernels may leave otherwise: scratch, and formats that they alone read. Zero at first. */
  readonly scratch?: readonly Region[];
  readonly zeros?: readonly Region[];
}

export interface Region {
  readonly address: Address;
  readonly bytes: number;
}

/** Where a case gets its sizes and its memory from. */
export interface Source {
  readonly random: Random;
  readonly allocate: (bytes: number) => Address;
}

interface Group {
  /** Used all together or not at all. */
  readonly kernels: readonly string[];
  readonly make: (source: Source) => Case;
}

const between = ({ random }: Source, low: number, high: number): number => low + random.integer(high - low + 1);
const oneOf = <T>({ random }: Source, values: readonly T[]): T => values[random.integer(values.length)];
const floats = (source: Source, count: number): Address => source.allocate(count * FLOAT_BYTES);
const sums = (source: Source, quads: number): Address => source.allocate(quads * 2 * LANES * DOUBLE_BYTES);
const scales = (source: Source, quads: number): Address => floats(source, quads * 4 * LANES);
const someQuads = (source: Source): number => oneOf(source, [1, 1, 2, 3, 4, 5, 7, 8, 13]);
const someImages = (source: Source): number => oneOf(source, [1, 2, 3, 4, 5, 9, 16]);

/** Images with a halo. */
interface Haloed {
  readonly corner: Address;
  readonly inside: Address;
  readonly row: number;
  readonly image: number;
}

function haloed(source: Source, height: number, width: number, channels: number, images: number, multiple = 1): Haloed {
  const padded = (pixels: number): number => Math.ceil(pixels / multiple) * multiple + 2;
  const row = padded(width) * channels * FLOAT_BYTES;
  const image = padded(height) * row;
  const corner = source.allocate(images * image + QUAD_BYTES);
  return { corner, inside: corner + row + channels * FLOAT_BYTES, row, image };
}

function productCase(source: Source): Case {
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

/** The patches of an image, or the same transposed. */
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

function winogradProductCase(source: Source, kernel: 'winogradProducts' | 'winogradGradientProducts'): Case {
  const [tiles, channels, quads] = [between(source, 1, 30), 4 * between(source, 1, 6), someQuads(source)];
  const planes = [tiles * channels, channels * quads * LANES, tiles * quads * LANES].map(winogradPlaneBytes);
  const [v, u, d] = planes.map((bytes) => source.allocate(POINTS * bytes));
  const [vPlane, uPlane, dPlane] = planes;
  const isForward = kernel === 'winogradProducts';
  const maps = isForward ? [v, vPlane, u, uPlane, d, dPlane] : [v, vPlane, d, dPlane, u, uPlane];
  return { calls: [[kernel, ...maps, tiles, channels, quads]] };
}

function winogradTransformCase(source: Source, kernel: 'winogradInput' | 'winogradOutputGradient'): Case {
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

function winogradOutputCase(source: Source): Case {
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

function winogradWeightCase(source: Source, kernel: 'winogradWeights' | 'winogradWeightGradient'): Case {
  const [channels, quads] = [4 * between(source, 1, 5), someQuads(source)];
  const packed = floats(source, quads * LANES * channels * 9);
  const plane = winogradPlaneBytes(channels * quads * LANES);
  const transformed = source.allocate(POINTS * plane);
  const bytes = 52 * QUAD_BYTES;
  const scratch = source.allocate(bytes);
  const maps = kernel === 'winogradWeights' ? [packed, transformed, plane] : [transformed, plane, packed];
  return { calls: [[kernel, ...maps, scratch, channels, quads]], scratch: [{ address: scratch, bytes }] };
}

function poolCase(source: Source, kernel: 'normReluPool' | 'normPoolGradient'): Case {
  const [height, width, quads, images] = [
    between(source, 1, 6),
    between(source, 1, 6),
    someQuads(source),
    someImages(source),
  ];
  const pooled = images * height * width * quads * LANES;
  const [y, peak, coefficients] = [floats(source, 4 * pooled), floats(source, pooled), scales(source, quads)];
  if (kernel === 'normReluPool') {
    const to = haloed(source, height, width, quads * LANES, images);
    const sizes = [height, width, quads, images];
    return { calls: [['normReluPool', y, peak, to.inside, to.row, to.image, ...sizes, coefficients]] };
  }
  const gradient = floats(source, pooled);
  const to = haloed(source, 2 * height, 2 * width, quads * LANES, images);
  return {
    // Its winners must be some.
    prepare: [['normReluPool', y, peak, gradient, 0, 0, height, width, quads, images, coefficients]],
    calls: [
      ['normPoolGradient', y, peak, gradient, to.inside, to.row, to.image, height, width, quads, images, coefficients],
    ],
  };
}

function windowCase(source: Source, kernel: string): Case {
  const [poolHeight, poolWidth] = [between(source, 1, 3), between(source, 1, 3)];
  const [strideY, strideX, height, width] = [1, 1, 1, 1].map(() => between(source, 1, 3));
  const [quads, images] = [someQuads(source), between(source, 1, 3)];
  const inputHeight = (height - 1) * strideY + poolHeight + between(source, 0, 1);
  const inputWidth = (width - 1) * strideX + poolWidth + between(source, 0, 1);
  const input = floats(source, images * inputHeight * inputWidth * quads * LANES);
  const dInput = floats(source, images * inputHeight * inputWidth * quads * LANES);
  const output = floats(source, images * height * width * quads * LANES);
  const inputs = kernel === 'maxPoolGradient' ? [input, dInput] : [input];
  const window = [height, width, poolHeight, poolWidth, strideY, strideX, quads, images];
  return { calls: [[kernel, ...inputs, inputHeight, inputWidth, output, ...window]] };
}

function patchCase(source: Source, kernel: 'scatterPatches'): Case {
  const [kernelHeight, kernelWidth] = [between(source, 1, 5), between(source, 1, 5)];
  const [strideY, strideX] = [between(source, 1, 3), between(source, 1, 3)];
  const [top, left] = [between(source, 0, kernelHeight - 1), between(source, 0, kernelWidth - 1)];
  const [height, width, channels] = [between(source, 1, 9), between(source, 1, 9), between(source, 1, 9)];
  const [outputHeight, outputWidth] = [between(source, 1, 6), between(source, 1, 6)];
  const firstRow = between(source, 0, outputHeight - 1);
  const rows = between(source, 1, outputHeight - firstRow);
  const row = width * channels * FLOAT_BYTES;
  const input = source.allocate(height * row);
  const patches = floats(source, rows * outputWidth * kernelHeight * kernelWidth * channels);
  const window = [kernelHeight, kernelWidth, strideY, strideX, top, left, firstRow, rows, outputWidth];
  return { calls: [[kernel, input, row, height, width, channels, patches, ...window]] };
}

/** Input and output channels of a column sweep, one side of which has few. */
function sweepCase(source: Source, kernel: 'convolve3x3' | 'convolve3x3Moments' | 'weightGradient3x3'): Case {
  const [height, width, images] = [between(source, 1, 9), between(source, 1, 17), someImages(source)];
  const [channels, quads] = oneOf(source, [
    [4, 1],
    [1, 1],
    [3, 2],
    [4, 3],
    [8, 1],
    [2, 5],
  ] as const);
  const input = haloed(source, height, width, channels, images);
  const columns = floats(source, quads * LANES * channels * 12);
  const dOutput = haloed(source, height, width, quads * LANES, images);
  const output = floats(source, images * height * width * quads * LANES);
  const moments = sums(source, quads);
  const lineBytes = Math.max(input.row, dOutput.row) + QUAD_BYTES;
  const bytes = Math.ceil(height / 2) * 4 * lineBytes * IMAGES_AT_ONCE;
  const lines = source.allocate(bytes);
  const sizes = [height, width, channels, quads, images];
  const maps = [input.corner, input.row, input.image];
  const call: Call =
    kernel === 'weightGradient3x3'
      ? [kernel, ...maps, lines, dOutput.inside, dOutput.row, dOutput.image, ...sizes, columns]
      : [kernel, ...maps, columns, lines, output, ...sizes, ...(kernel === 'convolve3x3' ? [] : [moments])];
  // If the number of rows is odd, the partner of the last row lies in the halo.
  const below = Array.from(
    { length: images },
    (_, n) => dOutput.corner + n * dOutput.image + (height + 1) * dOutput.row,
  );
  return {
    calls: [call],
    scratch: [{ address: lines, bytes }],
    zeros: below.map((address) => ({ address, bytes: dOutput.row })),
  };
}

/** The first layer: its kernels share maps and the winners, which must be some. */
function firstLayerCase(source: Source, kernel: string): Case {
  const [height, width] = [between(source, 1, 6), 2 * between(source, 1, 5)];
  const [quads, images] = [oneOf(source, [1, 1, 2, 4, 5]), someImages(source)];
  const input = haloed(source, 2 * height, 2 * width, 1, images);
  const weights = floats(source, quads * LANES * 9);
  const bytes =
    (quads * 12 * LANES + 2 * height * 4 * (input.row / FLOAT_BYTES + LANES) * IMAGES_AT_ONCE) * FLOAT_BYTES;
  const scratch = source.allocate(bytes);
  const coefficients = scales(source, quads);
  const pooled = images * height * width * quads * LANES;
  const [winners, gradient] = [floats(source, pooled), floats(source, pooled)];
  const output = haloed(source, height, width, quads * LANES, images);
  const total = source.allocate(quads * LANES * 3 * LANES * DOUBLE_BYTES);
  const maps = [input.corner, input.row, input.image];
  const sizes = [height, width, quads, images];
  const outputs = [output.inside, output.row, output.image];
  const activate: Call = [
    'convolveNormReluPool', ...maps, weights, scratch, coefficients, winners, ...outputs, ...sizes,
  ]; // prettier-ignore
  const calls: Readonly<Record<string, Call>> = {
    convolveNormReluPool: activate,
    convolveNormReluPoolForward: [
      'convolveNormReluPoolForward', ...maps, weights, scratch, coefficients, ...outputs, ...sizes,
    ], // prettier-ignore
    maskPooledGradient: ['maskPooledGradient', ...outputs, gradient, ...sizes, total],
    winnersWeightGradient: ['winnersWeightGradient', ...maps, gradient, winners, ...sizes, total],
  };
  return { prepare: [activate], calls: [calls[kernel]], scratch: [{ address: scratch, bytes }] };
}

function normCase(source: Source, kernel: string): Case {
  const [height, width, quads, images] = [
    between(source, 1, 7),
    between(source, 1, 7),
    someQuads(source),
    between(source, 1, 3),
  ];
  const pixels = images * height * width;
  const [x, g] = [floats(source, pixels * quads * LANES), floats(source, pixels * quads * LANES)];
  const [coefficients, total] = [scales(source, quads), sums(source, quads)];
  const output = haloed(source, height, width, quads * LANES, images);
  const rectify = source.random.integer(2);
  const pixel = quads * QUAD_BYTES;
  const calls: Readonly<Record<string, Call>> = {
    channelMoments: ['channelMoments', x, pixels, quads, total],
    normalise: [
      'normalise', x, output.inside, output.row, output.image, height, width, quads, images, coefficients, rectify,
    ], // prettier-ignore
    normGradientSums: ['normGradientSums', x, g, pixels, quads, coefficients, total, rectify],
    // In the place of the gradient, too.
    normGradient: source.random.float() < 0.5
      ? ['normGradient', x, g, g, width * pixel, height * width * pixel, height, width, quads, images, coefficients, rectify]
      : ['normGradient', x, g, output.inside, output.row, output.image, height, width, quads, images, coefficients, rectify], // prettier-ignore
    maskGradient: ['maskGradient', x, g, height * width, quads, images, coefficients, total],
  };
  return { calls: [calls[kernel]] };
}

function elementwiseCase(source: Source, kernel: string): Case {
  const count = between(source, 1, 70);
  const [a, b, c] = [0, 0, 0].map(() => floats(source, 8 * count * LANES));
  const rows = between(source, 1, 5);
  const channels = between(source, 1, 21);
  const bytes = (): number => between(source, 0, 2 ** 32 - 1);
  const calls: Readonly<Record<string, () => Call>> = {
    relu: () => ['relu', a, oneOf(source, [a, b]), count],
    reluGradient: () => ['reluGradient', a, b, count],
    add: () => ['add', a, b, oneOf(source, [a, c]), count],
    copyRows: () => ['copyRows', a, 4 * (count + 1), b, 4 * (count + 3), rows, count],
    fillRows: () => ['fillRows', a, b, (count + 1) * QUAD_BYTES, rows, count],
    addRows: () => ['addRows', a, count * QUAD_BYTES, rows, count, sums(source, count)],
    spreadBytes: () => {
      const [height, values, images] = [between(source, 1, 6), between(source, 1, 40), between(source, 1, 3)];
      const row = (values + 2) * FLOAT_BYTES;
      const to = source.allocate(images * (height + 1) * row);
      return [
        'spreadBytes',
        source.allocate(images * height * values),
        to,
        row,
        (height + 1) * row,
        height,
        values,
        images,
      ];
    },
    dropout: () => {
      const [pixels, quads] = [between(source, 1, 20), quadsOf(channels)];
      const map = floats(source, pixels * quads * LANES);
      return ['dropout', map, map, pixels, channels, quads, bytes(), bytes(), bytes(), 1 / 0.7];
    },
  };
  return { calls: [calls[kernel]()] };
}

function patchSumCase(source: Source): Case {
  const [height, width, images] = [between(source, 1, 30), 4 * between(source, 1, 8), between(source, 1, 3)];
  const bytes = (height + 3) * (width + 2) * 2 + QUAD_BYTES;
  const scratch = source.allocate(bytes);
  const pixels = source.allocate(images * height * width);
  const totals = source.allocate(52 * DOUBLE_BYTES);
  return {
    calls: [['addPatchSums', pixels, scratch, height, width, images, totals]],
    scratch: [{ address: scratch, bytes }],
    zeros: [{ address: totals, bytes: 52 * DOUBLE_BYTES }],
  };
}

const alone = (kernels: readonly string[], make: (source: Source, kernel: never) => Case): Group[] =>
  kernels.map((kernel) => ({ kernels: [kernel], make: (source) => make(source, kernel as never) }));

export const groups: readonly Group[] = [
  { kernels: ['packPanels', 'multiply', 'multiplyPatches'], make: productCase },
  ...alone(['winogradProducts', 'winogradGradientProducts'], winogradProductCase),
  ...alone(['winogradInput', 'winogradOutputGradient'], winogradTransformCase),
  ...alone(['winogradOutput'], winogradOutputCase),
  ...alone(['winogradWeights', 'winogradWeightGradient'], winogradWeightCase),
  ...alone(['normReluPool', 'normPoolGradient'], poolCase),
  ...alone(['maxPool', 'maxPoolGradient', 'averagePool', 'averagePoolGradient'], windowCase),
  ...alone(['scatterPatches'], patchCase),
  ...alone(['convolve3x3', 'convolve3x3Moments', 'weightGradient3x3'], sweepCase),
  ...alone(
    ['convolveNormReluPool', 'convolveNormReluPoolForward', 'maskPooledGradient', 'winnersWeightGradient'],
    firstLayerCase,
  ),
  ...alone(['channelMoments', 'normalise', 'normGradientSums', 'normGradient', 'maskGradient'], normCase),
  ...alone(
    ['relu', 'reluGradient', 'add', 'copyRows', 'fillRows', 'addRows', 'spreadBytes', 'dropout'],
    elementwiseCase,
  ),
  ...alone(['addPatchSums'], patchSumCase),
];
