/** `npm run bench -- parallel`: time and quality of studies with many workers, with and without a lag. */
import Table from 'cli-table3';
import { medianError } from '../numerics/bootstrap.ts';
import { median } from '../numerics/statistics.ts';
import type { Lag } from '../search/storage/storage.ts';
import { functions, type BenchmarkFunction } from './functions.ts';
import { durationKinds, levy6, runParallel, type DurationKind } from './parallel-cases.ts';

const TRIALS = 100;
const cases: Readonly<Record<string, BenchmarkFunction>> = { levy6, mixed4: functions.mixed4 };

interface ParallelRow {
  readonly function: string;
  readonly sampler: string;
  readonly workers: number;
  readonly lag: Lag;
  readonly durations: DurationKind;
  /** Median over the seeds of the best value of 100 trials. Smaller is better. */
  readonly median: number;
  readonly standardError: number;
  /** Median duration as a multiple of that of workers that never wait. */
  readonly slowdown: number;
  readonly seeds: number;
}

export async function benchParallel(options: {
  seeds: number;
  samplers: string;
  workers: string;
  json: boolean;
}): Promise<void> {
  const rows: ParallelRow[] = [];
  for (const [name, of] of Object.entries(cases)) {
    for (const sampler of options.samplers.split(',')) {
      for (const workers of options.workers.split(',').map(Number)) {
        for (const durations of durationKinds) {
          for (const lag of ['none', 'growing'] as const) {
            const results = [];
            for (let seed = 1; seed <= options.seeds; seed += 1) {
              const task = { of, sampler, workers, lag, durations, seed, trials: TRIALS, isDefineByRun: false };
              results.push(await runParallel(task));
            }
            const best = results.map((result) => result.best);
            rows.push({
              function: name,
              sampler,
              workers,
              lag,
              durations,
              median: median(best),
              standardError: medianError(best),
              slowdown: median(results.map(({ slowdown }) => slowdown)),
              seeds: options.seeds,
            });
          }
        }
      }
    }
  }
  if (options.json) console.log(JSON.stringify({ rows }));
  else print(rows, options.seeds);
}

function print(rows: readonly ParallelRow[], seeds: number): void {
  const table = new Table({
    head: ['function', 'sampler', 'workers', 'durations', 'lag', `best of ${TRIALS}`, 'time'],
  });
  for (const { function: name, sampler, workers, durations, lag, slowdown, ...row } of rows) {
    const best = `${row.median.toPrecision(3)} ± ${row.standardError.toPrecision(2)}`;
    table.push([name, sampler, workers, durations, lag, best, `${slowdown.toFixed(2)} ×`]);
  }
  console.log(table.toString());
  console.log(
    `Medians of ${seeds} seeds, smaller is better. Time: on a virtual clock, as a multiple of that of workers that never wait.`,
  );
}
