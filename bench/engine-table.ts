/** Prints the engine benchmark as a table, with explanations. */
import type { Peer } from './engine-peer.ts';
import Table from 'cli-table3';

export interface Setting {
  readonly machine: string;
  /** GFLOP/s of each kind of kernels. */
  readonly peaks: Readonly<Record<string, number>>;
  readonly peer: Peer | null;
  /** Whether PyTorch uses a reference BLAS; then ratios for dense layers mean nothing. */
  readonly hasReferenceBlas: boolean;
  readonly pinned: boolean;
  readonly epochs: number;
}

export interface Row {
  readonly case: string;
  /** Kernels: `wasm`, `native-256`, … */
  readonly engine: string;
  readonly batch: number;
  /** Images of an epoch. */
  readonly images: number;
  /** `evaluate`: one pass · `two-workers`: an epoch of each of two · `start`: until a first training step is done. */
  readonly secondsPerEpoch: number;
  /** Time of PyTorch in its better memory layout; for `two-workers` that of one worker alone. */
  readonly peerSecondsPerEpoch: number | null;
  /** CPU time of the computing thread. */
  readonly cpuSecondsPerEpoch: number | null;
  readonly peerCpuSecondsPerEpoch: number | null;
  /**
   * Speed as a multiple of the peer's, by CPU time of the threads; null against a reference BLAS. For `two-workers` the
   * throughput as a multiple of that of one.
   */
  readonly ratio: number | null;
  readonly gflops: number | null;
  readonly fractionOfPeak: number | null;
}

export function printRows(
  { machine, peaks, peer, hasReferenceBlas, pinned, epochs }: Setting,
  rows: readonly Row[],
): void {
  const table = new Table({
    head: ['case', 'kernels', 'batch', 'images / s', 'PyTorch', 'ratio', 's / epoch', 'CPU', 'GFLOP/s', 'of peak'],
    style: { head: [], border: [] },
  });
  const number = (value: number | null, digits: number, unit = ''): string =>
    value === null ? '–' : `${value.toFixed(digits)}${unit}`;
  for (const row of rows) {
    const rate = (seconds: number | null): number | null => (seconds === null ? null : row.images / seconds);
    table.push([
      row.case,
      row.engine,
      row.batch,
      number(rate(row.cpuSecondsPerEpoch), 0),
      number(rate(row.peerCpuSecondsPerEpoch), 0),
      number(row.ratio, 2, ' ×'),
      number(row.secondsPerEpoch, 3),
      number(row.cpuSecondsPerEpoch, 3),
      number(row.gflops, 1),
      number(row.fractionOfPeak === null ? null : 100 * row.fractionOfPeak, 0, ' %'),
    ]);
  }
  console.log(table.toString());
  const all = Object.entries(peaks).map(([kernels, gflops]) => `${kernels} ${gflops.toFixed(1)}`);
  console.log(`${machine}. Peaks of strict multiplications and additions in GFLOP/s: ${all.join(', ')}.`);
  console.log(
    `One thread each${pinned ? ', on the same core' : ''}, in turns; medians of ${epochs} epochs after a first; ` +
      'images a second and ratios by the CPU time of the threads.',
  );
  console.log('two-workers: 10,000 images; the throughput of two as a multiple of that of one.');
  console.log('start: seconds from the start of a process to the end of its first training step.');
  if (!peer) {
    console.log(
      'No peer: no python3 with torch was found (Debian: apt-get install python3-torch libopenblas0-pthread).',
    );
    return;
  }
  const { torch, library, gflops } = peer;
  console.log(`PyTorch ${torch}, the better of two memory layouts; ${library}: ${gflops.toFixed(1)} GFLOP/s at 512³.`);
  if (hasReferenceBlas) {
    console.log(
      'That is the reference BLAS, or not much better: it says nothing about dense layers, and no ratio is given. ' +
        'Install a fast one (Debian: apt-get install libopenblas0-pthread).',
    );
  }
}
