/** The studies of the search benchmark. bench/search-peer.py runs the same ones in Optuna. */
import type { Params } from '../search/distributions.ts';
import { optimize } from '../search/optimize.ts';
import { randomStream } from '../search/random.ts';
import { randomSampler } from '../search/samplers/random.ts';
import type { Sampler } from '../search/samplers/sampler.ts';
import { openStorage } from '../search/storage/index.ts';
import type { Storage } from '../search/storage/storage.ts';
import { openStudy } from '../search/open-study.ts';
import { functions, noiseDeviation } from './functions.ts';
import type { BenchmarkFunction } from './functions.ts';

/** A case. If it is noisy, the score is the true value of the trial with the best noisy value. */
export interface SearchCase {
  readonly name: string;
  readonly of: BenchmarkFunction;
  readonly isNoisy: boolean;
}

export const searchCases: readonly SearchCase[] = [
  ...Object.entries(functions).map(([name, of]) => ({ name, of, isNoisy: false })),
  { name: 'mixed4-noisy', of: functions.mixed4, isNoisy: true },
];

/** Numbers of trials after which a study is scored. */
export const trialCounts = [50, 100, 200];

/** Runs trials one after the other. @returns the true value of the best trial at each of the counts */
export async function bestValues(
  { name, of, isNoisy }: SearchCase,
  sampler: Sampler,
  seed: number,
  counts: readonly number[],
): Promise<number[]> {
  // With lag 1 the sampler knows all earlier trials, as in Optuna with one worker.
  const study = await openStudy({ name, direction: 'minimize', seed, sampler, space: of.space, lag: 1 });
  const gaussian = isNoisy ? gaussianStream(seed) : () => 0;
  const incumbents: number[] = [];
  let [best, bestSeen] = [Infinity, Infinity];
  const objective = ({ params }: { params: Params }): number => {
    const value = of.evaluate(params);
    const seen = value + noiseDeviation * gaussian();
    if (seen < bestSeen) [best, bestSeen] = [value, seen];
    incumbents.push(best);
    return seen;
  };
  await optimize(study, objective, { trials: Math.max(...counts) });
  await study.close();
  return counts.map((count) => incumbents[count - 1]);
}

const latencyCase = functions.mixed4;
const latencyStudy = { name: 'latency', direction: 'minimize', space: latencyCase.space } as const;

/** Creates a store with `count` finished random trials of the four parameters of mixed4. */
export async function fillStudy(location: string, count: number): Promise<Storage> {
  const storage = await openStorage(location);
  const study = await openStudy({ ...latencyStudy, storage, sampler: randomSampler() });
  await optimize(study, ({ params }) => latencyCase.evaluate(params), { trials: count });
  await study.close();
  return storage;
}

/** Trials before the measurement, so that the code is compiled, as in a long study. */
const WARM_UP_TRIALS = 40;

/** CPU time of ask and tell in milliseconds, for each of `repetitions` more trials. */
export async function askAndTellMs(storage: Storage, sampler: Sampler, repetitions: number): Promise<number[]> {
  const study = await openStudy({ ...latencyStudy, storage, sampler });
  const milliseconds: number[] = [];
  for (let i = 0; i < WARM_UP_TRIALS + repetitions; i += 1) {
    const started = process.cpuUsage();
    const trial = await study.ask();
    await study.tell(trial, latencyCase.evaluate(trial.params));
    const { user, system } = process.cpuUsage(started);
    milliseconds.push((user + system) / 1000);
  }
  await study.close();
  return milliseconds.slice(WARM_UP_TRIALS);
}

/** Standard normal numbers. Source: Box and Muller 1958. */
function gaussianStream(seed: number): () => number {
  const random = randomStream(seed, 0, 'benchmark noise');
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
