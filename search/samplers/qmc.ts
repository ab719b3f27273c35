/**
 * Quasi-random search: the points of a Sobol sequence, which leave no part of the space unvisited and try every
 * parameter at a new place each time. Trial 0 is drawn at random; trial k is the point k of the sequence after the
 * digital shift that takes point 0 to trial 0. So the seed moves all points together and their evenness stays, and a
 * point depends on trial 0 alone, not on the order in which others finish.
 * Source: Bergstra and Bengio 2012, section 5; the shift as in Lemieux 2009, "Monte Carlo and Quasi-Monte Carlo
 * Sampling", chapter 6.
 */
import type { Distribution, ParameterValue } from '../distributions.ts';
import type { FrozenTrial } from '../trial.ts';
import { randomSampler } from './random.ts';
import { fromRange, rangeOf, toRange } from './range.ts';
import type { Sampler } from './sampler.ts';
import { sobolCoordinate, sobolDimensions } from './sobol.ts';

/**
 * Parameters that trial 0 does not have are drawn at random, and so is everything while trial 0 is not to be seen:
 * without a search space as data that is until it has finished.
 * @throws RangeError (on drawing) if trial 0 has more parameters than there are dimensions
 */
export function qmcSampler(): Sampler {
  const random = randomSampler();
  return (context) => {
    const drawAtRandom = random(context);
    const first = [context.history[0], context.pending[0]].find((trial) => trial?.number === 0);
    if (first === undefined) return drawAtRandom;
    const names = Object.keys(first.params);
    if (names.length > sobolDimensions) {
      throw new RangeError(
        `Expected at most ${sobolDimensions} parameters for the qmc sampler, got ${names.length}: use random.`,
      );
    }
    return (name, distribution) => {
      const dimension = names.indexOf(name);
      if (dimension < 0) return drawAtRandom(name, distribution);
      const digits = (sobolCoordinate(context.number, dimension) ^ shiftOf(first, name)) >>> 0;
      return atShare(distribution, (digits + 0.5) / 2 ** 32);
    };
  };
}

/** Where trial 0 lies, as 32 binary digits. */
function shiftOf({ params, distributions }: FrozenTrial, name: string): number {
  return Math.min(Math.floor(shareOf(distributions[name], params[name]) * 2 ** 32), 2 ** 32 - 1);
}

/** The part of the distribution that lies below the value; of a choice, below its middle. */
function shareOf(distribution: Distribution, value: ParameterValue): number {
  if (distribution.kind === 'categorical') {
    return (distribution.choices.indexOf(value) + 0.5) / distribution.choices.length;
  }
  const { low, high } = rangeOf(distribution);
  return high > low ? (toRange(distribution, Number(value)) - low) / (high - low) : 0;
}

function atShare(distribution: Distribution, share: number): ParameterValue {
  if (distribution.kind === 'categorical') return distribution.choices[Math.floor(share * distribution.choices.length)];
  const { low, high } = rangeOf(distribution);
  return fromRange(distribution, low + share * (high - low));
}
