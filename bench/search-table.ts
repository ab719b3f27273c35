/** Rows of the search benchmark, and what is printed of them. */
import { cpus } from 'node:os';
import Table from 'cli-table3';
import { mannWhitney } from '../numerics/mann-whitney.ts';
import { trialCounts } from './search-cases.ts';

/** A difference is a win or a loss if the two-sided p-value of the Mann–Whitney U test is below it. */
const SIGNIFICANCE = 0.05;

export interface QualityRow {
  readonly function: string;
  readonly sampler: string;
  readonly trials: number;
  /** Median over the seeds of the best value so far. Smaller is better. */
  readonly median: number;
  /** Standard error of the median, by bootstrap. */
  readonly standardError: number;
  readonly seeds: number;
  /** Best value of each seed. */
  readonly values: readonly number[];
  /** Beside each of the peers. */
  readonly verdicts?: readonly Verdict[];
}

type Verdict = 'win' | 'tie' | 'loss';

export interface LatencyRow {
  readonly sampler: string;
  readonly storage: 'memory' | 'sqlite';
  /** Number of finished trials of four parameters. */
  readonly n: number;
  /** CPU time of ask and tell of the next trial. */
  readonly cpuMs: number;
}

/** The row with its verdicts beside the rows of the peers that have as many trials. */
export function judged(row: QualityRow, ofPeers: readonly QualityRow[]): QualityRow {
  const verdicts = ofPeers
    .filter(({ trials }) => trials === row.trials)
    .map(({ values }): Verdict => {
      const { u, p } = mannWhitney(row.values, values);
      if (!(p < SIGNIFICANCE)) return 'tie';
      return 2 * u > row.values.length * values.length ? 'win' : 'loss';
    });
  return { ...row, verdicts };
}

export function printSearch(
  rows: readonly QualityRow[],
  latency: readonly LatencyRow[],
  { seeds, repetitions, peers }: { seeds: number; repetitions: number; peers: readonly string[] },
): void {
  const names = [...new Set(rows.map(({ sampler }) => sampler))];
  const plain = { head: [], border: [] };
  const quality = new Table({ head: ['function', 'trials', ...names], style: plain });
  for (const name of new Set(rows.map((row) => row.function))) {
    for (const count of trialCounts) {
      const cells = names.map((sampler) => {
        const row = rows.find(
          (other) => other.function === name && other.sampler === sampler && other.trials === count,
        );
        return row === undefined ? '–' : [textOf(row), ...(row.verdicts ?? [])].join(', ');
      });
      quality.push([name, count, ...cells]);
    }
  }
  console.log(quality.toString());
  console.log(
    `Median over ${seeds} seeds of the best value so far ± its standard error (bootstrap); smaller is better.`,
  );
  if (peers.length > 0) {
    console.log(
      `After the comma: win, tie or loss beside ${peers.join(' and ')}, by the two-sided Mann–Whitney U test at ` +
        `p < ${SIGNIFICANCE}.`,
    );
    printTally(rows, peers);
  }
  const speed = new Table({ head: ['sampler', 'storage', 'trials', 'CPU ms', 'times as fast'], style: plain });
  for (const { sampler, storage, n, cpuMs } of latency) {
    const other = latency.find((row) => row.sampler === peers[0] && row.n === n);
    const ratio = other === undefined || storage !== 'memory' ? '–' : `${(other.cpuMs / cpuMs).toFixed(1)} ×`;
    speed.push([sampler, storage, n, cpuMs.toFixed(2), ratio]);
  }
  if (latency.length > 0) {
    console.log(speed.toString());
    console.log(`Ask and tell of a trial of four parameters after so many, median of ${repetitions}.`);
  }
  console.log(`${cpus()[0].model}, Node ${process.version}.`);
  if (peers.length === 0) {
    console.log('No peer: no python3 with optuna was found (Debian: apt-get install python3-optuna).');
  }
}

/** How often each sampler wins, ties and loses. */
function printTally(rows: readonly QualityRow[], peers: readonly string[]): void {
  const tally = new Table({ head: ['sampler', 'beside', 'wins', 'ties', 'losses'], style: { head: [], border: [] } });
  for (const sampler of new Set(rows.map((row) => row.sampler))) {
    const verdicts = rows.filter((row) => row.sampler === sampler).map((row) => row.verdicts ?? []);
    if (peers.includes(sampler)) continue;
    for (const [k, peer] of peers.entries()) {
      const counts = (['win', 'tie', 'loss'] as const).map(
        (one) => verdicts.filter((ofRow) => ofRow[k] === one).length,
      );
      tally.push([sampler, peer, ...counts]);
    }
  }
  console.log(tally.toString());
}

function textOf({ median: middle, standardError }: QualityRow): string {
  return Number.isFinite(middle) ? `${middle.toPrecision(3)} ± ${standardError.toPrecision(1)}` : 'none';
}
