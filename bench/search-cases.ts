/** The studies of the search benchmark. bench/search-peer.py runs the same ones in Optuna. */
import { knownName } from '../base/own-value.ts';
import type { Params } from '../search/distributions.ts';
import type { FrozenTrial } from '../search/frozen-trial.ts';
import { optimize } from '../search/optimize.ts';
import { randomStream } from '../search/random.ts';
import { randomSampler } from '../search/samplers/random.ts';
import type { Sampler } from '../search/samplers/sampler.ts';
import { openStorage } from '../search/storage/index.ts';
import type { Storage } from '../search/storage/storage.ts';
import { openStudy } from '../search/open-study.ts';
import type { Trial } from '../search/trial.ts';
import { functions, type BenchmarkFunction } from './functions.ts';

/** Numbers of trials after which a study is scored. */
export const trialCounts = [20, 50, 100, 200];

/** @throws UserError for an unknown name */
export function functionByName(name: string): BenchmarkFunction {
  return functions[knownName('function', name, Object.keys(functions) as (keyof typeof functions)[])];
}

/**
 * Runs trials one after the other.
 * @returns the value without noise of the trial that looks best, at each of the counts; Infinity if all have crashed
 */
export async function bestValues(
  name: string,
  sampler: Sampler,
  seed: number,
  counts: readonly number[],
): Promise<number[]> {
  const { noise, evaluate } = functionByName(name);
  const gaussian = gaussianStream(seed);
  const incumbents: number[] = [];
  let [best, bestSeen] = [Infinity, Infinity];
  const objective = (params: Params): number => {
    const value = evaluate(params);
    const seen = noise === undefined ? value : value + noise(params) * gaussian();
    if (seen < bestSeen) [best, bestSeen] = [value, seen];
    incumbents.push(best);
    return seen;
  };
  await runTrials(name, sampler, seed, objective, Math.max(...counts));
  return counts.map((count) => incumbents[count - 1]);
}

/** What a function is at a point, in a form that the peer can give too. */
export interface DescribedPoint {
  readonly name: string;
  readonly params: Params;
  /** For each parameter of the trial, in its order: the choices, or low, high, step and whether it is logarithmic. */
  readonly space: Readonly<Record<string, readonly unknown[]>>;
  /** Null where the trial crashes. */
  readonly value: number | null;
  readonly noise: number;
}

const DESCRIBED_POINTS = 20;

/** The function at fixed points, drawn at random. */
export async function describedPoints(name: string): Promise<DescribedPoint[]> {
  const { noise, evaluate } = functionByName(name);
  const trials = await runTrials(name, randomSampler(), 0, evaluate, DESCRIBED_POINTS);
  return trials.map(({ params, distributions, value }) => ({
    name,
    params,
    space: Object.fromEntries(
      Object.entries(distributions).map(([key, one]) => [
        key,
        one.kind === 'categorical'
          ? one.choices
          : [one.low, one.high, one.step ?? (one.kind === 'int' ? 1 : null), one.log ?? false],
      ]),
    ),
    value,
    noise: noise?.(params) ?? 0,
  }));
}

async function runTrials(
  name: string,
  sampler: Sampler,
  seed: number,
  objective: (params: Params) => number,
  trials: number,
): Promise<readonly FrozenTrial[]> {
  const { space, conditions } = functionByName(name);
  // With lag 1 the sampler knows all earlier trials, as in Optuna with one worker.
  const study = await openStudy({
    name,
    direction: 'minimize',
    seed,
    sampler,
    lag: 1,
    ...(conditions === undefined && { space }),
  });
  const ask = (trial: Trial): Params => {
    for (const [key, distribution] of Object.entries(space)) {
      const condition = conditions?.[key];
      if (condition === undefined || trial.params[condition[0]] === condition[1]) trial.suggest(key, distribution);
    }
    return trial.params;
  };
  await optimize(study, (trial) => objective(ask(trial)), { trials });
  const ended = study.trials;
  await study.close();
  return ended;
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
