/** The task of a thread: one study of the search benchmark. */
import { samplerByName } from '../search/samplers/index.ts';
import { bestValues, searchCases } from './search-cases.ts';

export interface SearchBenchmarkTask {
  /** Name of a case in `searchCases`. */
  readonly name: string;
  readonly sampler: string;
  readonly seed: number;
  readonly counts: readonly number[];
}

export default async function runTask({ name, sampler, seed, counts }: SearchBenchmarkTask): Promise<number[]> {
  const searchCase = searchCases.find((other) => other.name === name);
  if (searchCase === undefined) throw new RangeError(`Unknown search case ${JSON.stringify(name)}.`);
  return bestValues(searchCase, samplerByName(sampler), seed, counts);
}
