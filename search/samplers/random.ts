/** Random search: every parameter alone, even over its range. */
import type { Sampler } from './sampler.ts';
import { fromRange, rangeOf } from './range.ts';

/** Source: Bergstra and Bengio 2012, "Random search for hyper-parameter optimization". */
export function randomSampler(): Sampler {
  return (context) => (name, distribution) => {
    const uniform = context.random(name)();
    if (distribution.kind === 'categorical') {
      return distribution.choices[Math.floor(uniform * distribution.choices.length)];
    }
    const { low, high } = rangeOf(distribution);
    return fromRange(distribution, low + uniform * (high - low));
  };
}
