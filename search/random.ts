/** Named streams of random numbers: the same seed, trial and name give the same numbers on every machine. */
import { uniformStream } from '../numerics/random.ts';

/** A number in [0, 1), another one each time. */
export type Random = () => number;

/** A stream of its own for every (seed, trial number, name); without a trial number it is the study's. */
export const randomStream = (seed: number, trialNumber: number | null, name: string): Random =>
  uniformStream([seed, trialNumber, name]);
