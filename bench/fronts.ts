/**
 * `npm run bench -- fronts`: the missed hypervolume of the true front, or the distance from the smallest feasible
 * value, of our samplers and of Optuna's NSGA-II and TPE in the same run.
 */
import { isFeasible } from '../numerics/constraints.ts';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import Table from 'cli-table3';
import { hypervolume } from '../numerics/hypervolume.ts';
import { median } from '../numerics/statistics.ts';
import { openStudy, optimize } from '../search/index.ts';
import { lossesOf, type Losses } from '../search/pareto.ts';
import type { SamplerName } from '../search/samplers/index.ts';
import { type FrontFunction, frontFunctions } from './front-functions.ts';
import { findPython } from './python.ts';

const run = promisify(execFile);
const PEER_FILE = path.join(import.meta.dirname, 'fronts-peer.py');
const COUNTS = [50, 100];

type FunctionName = keyof typeof frontFunctions;

interface Options {
  readonly seeds: number;
  readonly samplers: string;
  readonly functions: string;
  readonly json: boolean;
}

interface Row {
  readonly function: string;
  readonly sampler: string;
  /** For each of COUNTS the median over the seeds of what is missed. */
  readonly missed: readonly number[];
}

export async function benchFronts({ seeds, samplers, functions, json }: Options): Promise<void> {
  const python = await findPython('optuna');
  const rows: Row[] = [];
  for (const name of functions.split(',') as FunctionName[]) {
    for (const sampler of samplers.split(',') as SamplerName[]) {
      const missed: (readonly number[])[] = [];
      for (let seed = 1; seed <= seeds; seed++) missed.push(await study(frontFunctions[name], sampler, seed));
      rows.push(summed(name, sampler, missed));
    }
    if (python === null) continue;
    const { stdout } = await run(python, [PEER_FILE, name, String(Math.max(...COUNTS)), String(seeds)], {
      maxBuffer: 2 ** 28,
    });
    const peers = JSON.parse(stdout) as Record<string, readonly (readonly [Losses, boolean][])[]>;
    for (const [sampler, studies] of Object.entries(peers)) {
      rows.push(
        summed(
          name,
          sampler,
          studies.map((told) => missedAfter(frontFunctions[name], told)),
        ),
      );
    }
  }
  if (json) console.log(JSON.stringify({ seeds, counts: COUNTS, rows }));
  else print(rows, seeds);
}

const summed = (name: string, sampler: string, missed: readonly (readonly number[])[]): Row => ({
  function: name,
  sampler,
  missed: COUNTS.map((_, k) => median(missed.map((ofSeed) => ofSeed[k]))),
});

async function study(target: FrontFunction, sampler: SamplerName, seed: number): Promise<readonly number[]> {
  const { space, reference, evaluate, constraints } = target;
  const objectives = reference?.length ?? 1;
  const one = await openStudy({
    name: 'front',
    directions: directionsOf(objectives),
    space,
    sampler,
    seed,
  });
  await optimize(
    one,
    (trial) => {
      for (const [i, value] of (constraints?.(trial.params) ?? []).entries()) trial.setConstraint(`c${i}`, value);
      const losses = evaluate(trial.params);
      return objectives === 1 ? losses[0] : losses;
    },
    { trials: Math.max(...COUNTS) },
  );
  const told = one.trials.map((trial) => [lossesOf(trial, directionsOf(objectives))!, isFeasible(trial)] as const);
  await one.close();
  return missedAfter(target, told);
}

const directionsOf = (count: number) => Array.from({ length: count }, () => 'minimize' as const);

/**
 * For each of COUNTS the missed share of the hypervolume, or the distance from the optimum; Infinity without a feasible
 * trial.
 */
function missedAfter(
  { reference, optimum }: FrontFunction,
  told: readonly (readonly [losses: Losses, isFeasible: boolean])[],
): number[] {
  return COUNTS.map((count) => {
    const feasible = told
      .slice(0, count)
      .filter(([, isKept]) => isKept)
      .map(([losses]) => losses);
    if (feasible.length === 0) return Infinity;
    if (reference === undefined) return Math.min(...feasible.map(([value]) => value)) - optimum;
    return 1 - hypervolume(feasible, reference) / optimum;
  });
}

function print(rows: readonly Row[], seeds: number): void {
  const table = new Table({ head: ['function', 'sampler', ...COUNTS.map((count) => `after ${count}`)] });
  for (const { function: name, sampler, missed } of rows) {
    table.push([name, sampler, ...missed.map((value) => value.toPrecision(3))]);
  }
  console.log(table.toString());
  console.log(
    `Medians of ${seeds} seeds; less is better. With several objectives: the part of the true front's hypervolume that is ` +
      'missed. gardner1 and gardner2: how far the best feasible value is from the least one.',
  );
}
