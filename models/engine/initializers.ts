/** Initializers of tf.js, lowered to the three that a plan has. */
import { z } from 'zod';
import type { Initializer } from './plan.ts';

const seed = z.null().optional();
export const initializer = z.discriminatedUnion('className', [
  z.object({ className: z.literal('Zeros') }),
  z.object({ className: z.literal('Ones') }),
  z.object({ className: z.literal('Constant'), config: z.object({ value: z.number() }) }),
  z.object({
    className: z.literal('RandomUniform'),
    config: z
      .object({ minval: z.number(), maxval: z.number(), seed })
      .refine(({ minval, maxval }) => minval === -maxval, 'expected minval = −maxval'),
  }),
  z.object({
    className: z.literal('TruncatedNormal'),
    config: z.object({ mean: z.literal(0), stddev: z.number(), seed }),
  }),
  z.object({
    className: z.literal('VarianceScaling'),
    config: z.object({
      scale: z.number(),
      mode: z.enum(['fanIn', 'fanOut', 'fanAvg']),
      distribution: z.enum(['uniform', 'normal']),
      seed,
    }),
  }),
]);
export type InitializerOptions = z.infer<typeof initializer>;

/**
 * tf.js' variance scaling uses the standard deviation √(scale/fan) before truncation, uniform the limit √(3·scale/fan).
 */
export function lowerInitializer(options: InitializerOptions, shape: readonly number[]): Initializer {
  switch (options.className) {
    case 'Zeros':
      return { kind: 'constant', value: 0 };
    case 'Ones':
      return { kind: 'constant', value: 1 };
    case 'Constant':
      return { kind: 'constant', value: options.config.value };
    case 'RandomUniform':
      return { kind: 'uniform', limit: options.config.maxval };
    case 'TruncatedNormal':
      return { kind: 'truncatedNormal', deviation: options.config.stddev };
    case 'VarianceScaling': {
      const { scale, mode, distribution } = options.config;
      const [fanIn, fanOut] = fans(shape);
      const fan = { fanIn, fanOut, fanAvg: (fanIn + fanOut) / 2 }[mode];
      return distribution === 'uniform'
        ? { kind: 'uniform', limit: Math.sqrt((3 * scale) / fan) }
        : { kind: 'truncatedNormal', deviation: Math.sqrt(scale / fan) };
    }
  }
}

/** Fan-in and fan-out of a kernel […window, in, out]. For a vector both are √size, as in tf.js. */
function fans(shape: readonly number[]): [fanIn: number, fanOut: number] {
  const size = shape.reduce((product, length) => product * length, 1);
  if (shape.length === 1) return [Math.sqrt(size), Math.sqrt(size)];
  return [size / shape[shape.length - 1], size / shape[shape.length - 2]];
}
