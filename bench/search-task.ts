/** The task of a thread: one study of the search benchmark. */
import { samplerByName } from '../search/samplers/index.ts';
import { bestValues } from './search-cases.ts';

export interface SearchBenchmarkTask {
  /** A function of bench/functions.ts. */
  readonly name: string;
  readonly sampler: string;
  readonly seed: number;
  readonly counts: readonly number[];
}

export default async function runTask({ name, sampler, seed, counts }: SearchBenchmarkTask): Promise<number[]> {
  return bestValues(name, samplerByName(sampler), seed, counts);
}
