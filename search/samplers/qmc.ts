/**
 * Quasi-random search: trial k is point k of a Sobol sequence, scrambled by the seed of the study. The points leave no
 * part of the space unvisited and try every parameter at a new place each time; a trial depends on no other one.
 * Source: Bergstra and Bengio 2012, section 5.
 */
import type { Distribution, ParameterValue } from '../distributions.ts';
import { fromRange, rangeOf } from './range.ts';
import type { Sampler } from './sampler.ts';
import { scrambledSobol, sobolDimensions } from '../../numerics/sobol.ts';

/**
 * The parameters take the dimensions of the sequence in the order in which they are asked for.
 * @throws RangeError (on drawing) for more parameters than there are dimensions
 */
export function qmcSampler(): Sampler {
  return ({ number, studyRandom }) => {
    let dimension = 0;
    return (_name, distribution) => {
      if (dimension === sobolDimensions) {
        throw new RangeError(
          `Expected at most ${sobolDimensions} parameters for the sampler qmc, got more: use the sampler random.`,
        );
      }
      const random = studyRandom(`dimension ${dimension}`);
      return atShare(distribution, scrambledSobol(number, dimension++, random));
    };
  };
}

function atShare(distribution: Distribution, share: number): ParameterValue {
  if (distribution.kind === 'categorical') return distribution.choices[Math.floor(share * distribution.choices.length)];
  const { low, high } = rangeOf(distribution);
  return fromRange(distribution, low + share * (high - low));
}
