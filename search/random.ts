/** Named streams of random numbers: the same seed, trial and name give the same numbers on every machine. */
import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** A number in [0, 1), another one each time. */
export type Random = () => number;

/**
 * A stream of its own for every (seed, trial number, name); without a trial number it is the study's. The 128 bits of state are a hash of the three, so that
 * neighbouring trials share nothing.
 */
export function randomStream(seed: number, trialNumber: number | null, name: string): Random {
  const hash = createHash('sha256')
    .update(JSON.stringify([seed, trialNumber, name]))
    .digest();
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => hash.readInt32LE(offset)));
  return () => uniformFloat64(generator);
}
