/** Random calls of the kernels that pass over maps: pooling, norms, and element-wise operations. */
import { activationNames } from '../../activations.ts';
import { FLOAT_BYTES, LANES, quadsOf } from '../../simd/kernels.ts';
import {
  type Call,
  type Case,
  type Source,
  between,
  oneOf,
  floats,
  sums,
  scales,
  someQuads,
  someImages,
  haloed,
  QUAD_BYTES,
} from './case.ts';

export function poolCase(source: Source, kernel: 'normReluPool' | 'normPoolGradient'): Case {
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
    // The winners must be valid.
    prepare: [['normReluPool', y, peak, gradient, 0, 0, height, width, quads, images, coefficients]],
    calls: [
      ['normPoolGradient', y, peak, gradient, to.inside, to.row, to.image, height, width, quads, images, coefficients],
    ],
  };
}

export function windowCase(source: Source, kernel: string): Case {
  const [poolHeight, poolWidth] = [between(source, 1, 3), between(source, 1, 3)];
  const [strideY, strideX, height, width] = [1, 1, 1, 1].map(() => between(source, 1, 3));
  const [quads, images] = [someQuads(source), between(source, 1, 3)];
  // Windows reach beyond the edges, but none lies outside.
  const [top, left] = [between(source, 0, poolHeight - 1), between(source, 0, poolWidth - 1)];
  const inputHeight = Math.max(1, (height - 1) * strideY - top + between(source, 1, poolHeight + 1));
  const inputWidth = Math.max(1, (width - 1) * strideX - left + between(source, 1, poolWidth + 1));
  const input = floats(source, images * inputHeight * inputWidth * quads * LANES);
  const dInput = floats(source, images * inputHeight * inputWidth * quads * LANES);
  const output = floats(source, images * height * width * quads * LANES);
  const inputs = kernel === 'maxPoolGradient' ? [input, dInput] : [input];
  const window = [height, width, poolHeight, poolWidth, strideY, strideX, top, left, quads, images];
  return { calls: [[kernel, ...inputs, inputHeight, inputWidth, output, ...window]] };
}

export function normCase(source: Source, kernel: string): Case {
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
    // Sometimes in place, over the gradient.
    normGradient: source.random.float() < 0.5
      ? ['normGradient', x, g, g, width * pixel, height * width * pixel, height, width, quads, images, coefficients, rectify]
      : ['normGradient', x, g, output.inside, output.row, output.image, height, width, quads, images, coefficients, rectify], // prettier-ignore
    maskGradient: ['maskGradient', x, g, height * width, quads, images, coefficients, total],
  };
  return { calls: [calls[kernel]] };
}

export function elementwiseCase(source: Source, kernel: string): Case {
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

export function activationCase(source: Source, kernel: 'activate' | 'activateGradient'): Case {
  const count = between(source, 1, 70);
  const [x, dY, other] = [0, 0, 0].map(() => floats(source, count * LANES));
  const kind = between(source, 0, activationNames.length - 1);
  // Up to where exp overflows and underflows: a dropout that drops nothing multiplies.
  const scale = oneOf(source, [1, 1, 12, 100, 120]);
  const gradients = kernel === 'activate' ? [oneOf(source, [x, other])] : [dY, oneOf(source, [dY, other])];
  return {
    prepare: [['dropout', x, x, count, LANES, 1, 0, 0, 0, scale]],
    calls: [[kernel, kind, x, ...gradients, count, 0.3]],
  };
}
