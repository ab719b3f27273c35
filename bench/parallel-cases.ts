/**
 * Studies of many workers on a virtual clock, so that simulating 256 workers costs as much as one. A trial has five
 * folds, after each of which it may be pruned.
 */
import { sum } from '../numerics/statistics.ts';
import { normalAt } from '../numerics/normal.ts';
import type { PrunerName } from '../search/pruners/index.ts';
import { randomStream } from '../search/random.ts';
import { samplerByName } from '../search/samplers/index.ts';
import type { Lag } from '../search/storage/storage.ts';
import { openStudy } from '../search/open-study.ts';
import type { Trial } from '../search/trial.ts';
import type { BenchmarkFunction } from './functions.ts';

const FOLDS = 5;
/** Standard deviation of the logarithm of a trial's duration. */
const SPREAD = 1;

export const durationKinds = ['equal', 'log-normal', 'pruned'] as const;
export type DurationKind = (typeof durationKinds)[number];

export interface ParallelTask {
  readonly of: BenchmarkFunction;
  readonly sampler: string;
  readonly workers: number;
  readonly lag: Lag;
  readonly durations: DurationKind;
  readonly seed: number;
  readonly trials: number;
  /** Whether trials suggest parameters one by one, without a search space. */
  readonly isDefineByRun: boolean;
}

export interface ParallelResult {
  readonly best: number;
  /** Duration of the study as a multiple of that of workers that never wait. */
  readonly slowdown: number;
}

export async function runParallel(task: ParallelTask): Promise<ParallelResult> {
  const { of, sampler, workers, lag, durations, seed, trials, isDefineByRun } = task;
  const pruner: PrunerName = durations === 'pruned' ? 'median' : 'none';
  const study = await openStudy({
    name: 'parallel',
    direction: 'minimize',
    seed,
    sampler: samplerByName(sampler),
    pruner,
    shape: { folds: FOLDS, stepsPerFold: 1 },
    lag,
    ...(!isDefineByRun && { space: of.space }),
  });
  const secondsOfFold = (number: number): number =>
    durations === 'equal' ? 1 : Math.exp(SPREAD * normalAt(randomStream(seed, number, 'duration')()));
  const running: { trial: Trial; value: number; fold: number; end: number }[] = [];
  const spent: number[] = [];
  let now = 0;
  for (;;) {
    while (running.length < workers) {
      const trial = await study.tryAsk(trials);
      if (trial === null) break;
      for (const [name, distribution] of Object.entries(of.space)) trial.suggest(name, distribution);
      const value = of.evaluate(Object.fromEntries(Object.keys(of.space).map((name) => [name, trial.params[name]])));
      running.push({ trial, value, fold: 0, end: now + secondsOfFold(trial.number) });
    }
    if (running.length === 0) break;
    running.sort((a, b) => a.end - b.end || a.trial.number - b.trial.number);
    const [next] = running;
    const { trial, value, fold } = next;
    const seconds = secondsOfFold(trial.number);
    now = next.end;
    spent[trial.number] = (fold + 1) * seconds;
    trial.report(value, fold);
    const isLast = fold === FOLDS - 1;
    if (isLast || trial.shouldPrune()) {
      running.shift();
      await study.tell(trial, isLast ? value : { state: 'PRUNED' });
    } else Object.assign(next, { fold: fold + 1, end: now + seconds });
  }
  const best = study.bestTrial?.value ?? Infinity;
  await study.close();
  return { best, slowdown: now / freeTime(spent, workers) };
}

/** The end of the last trial if each begins as soon as a worker is free. */
function freeTime(seconds: readonly number[], workers: number): number {
  const free = new Float64Array(Math.min(workers, seconds.length));
  for (const duration of seconds) {
    let first = 0;
    for (let worker = 1; worker < free.length; worker += 1) if (free[worker] < free[first]) first = worker;
    free[first] += duration;
  }
  return Math.max(...free);
}

/**
 * The Levy function in six dimensions, with its minimum off the centre of the domain. Source: Laguna and Martí 2005.
 */
export const levy6: BenchmarkFunction = {
  space: Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`x${i}`, { kind: 'float', low: -10, high: 10 }])),
  minimum: 0,
  evaluate(params) {
    const w = Object.values(params).map((x) => 1 + (Number(x) - 1) / 4);
    const last = w.length - 1;
    return (
      Math.sin(Math.PI * w[0]) ** 2 +
      sum(w.slice(0, last).map((x) => (x - 1) ** 2 * (1 + 10 * Math.sin(Math.PI * x + 1) ** 2))) +
      (w[last] - 1) ** 2 * (1 + Math.sin(2 * Math.PI * w[last]) ** 2)
    );
  },
};
