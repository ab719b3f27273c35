/**
 * `npm run bench -- search`: quality and CPU time of the samplers and of Optuna in the same run. It ends first if our
 * Parzen estimator does not have the densities of the reference.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import Table from 'cli-table3';
import { Piscina } from 'piscina';
import { samplerByName } from '../search/samplers/index.ts';
import { memoryLocation } from '../search/storage/storage.ts';
import { findPython } from './python.ts';
import { askAndTellMs, fillStudy, searchCases, trialCounts } from './search-cases.ts';
import type { SearchBenchmarkTask } from './search-task.ts';
import { medianError } from '../numerics/bootstrap.ts';
import { median } from '../numerics/statistics.ts';
import { compareWithGolden, goldenTolerance } from './tpe-golden.ts';

const run = promisify(execFile);

const LATENCY_TRIALS = [1_000, 10_000];
const LATENCY_REPETITIONS = 20;
/** Most trials for samplers that are too slow for longer studies. */
const LIMITS: Readonly<Record<string, number>> = { gp: 100 };
const PEER_FILE = path.join(import.meta.dirname, 'search-peer.py');

interface QualityRow {
  readonly function: string;
  readonly sampler: string;
  readonly trials: number;
  /** Median over the seeds of the best value so far. Smaller is better. */
  readonly median: number;
  /** Standard error of the median, by bootstrap. */
  readonly standardError: number;
  readonly seeds: number;
}

interface LatencyRow {
  readonly sampler: string;
  readonly storage: 'memory' | 'sqlite';
  /** Number of finished trials of four parameters. */
  readonly n: number;
  /** CPU time of ask and tell of the next trial. */
  readonly cpuMs: number;
}

type Peer = Awaited<ReturnType<typeof openPeer>>;

export async function benchSearch(options: {
  seeds: number;
  samplers: string;
  workers: number;
  json: boolean;
}): Promise<void> {
  const names = options.samplers.split(',');
  for (const name of names) samplerByName(name);
  verify();
  const python = await findPython('optuna');
  const peer = python === null ? null : await openPeer(python);
  const rows = await measureQuality(names, options, peer);
  const latency = await measureLatency(names);
  if (peer !== null) {
    for (const n of LATENCY_TRIALS) {
      latency.push({ sampler: peer.name, storage: 'memory', n, cpuMs: await peer.askAndTellMs(n) });
    }
  }
  if (options.json) console.log(JSON.stringify({ rows, latency }));
  else print(rows, latency, options.seeds, peer?.name ?? null);
}

/** @throws Error if the Parzen estimator does not have the densities of the reference */
function verify(): void {
  for (const { observations, differences } of compareWithGolden()) {
    for (const [what, difference] of Object.entries(differences)) {
      if (!(difference < goldenTolerance)) {
        throw new Error(
          `The ${what} of ${observations} observations is ${difference} off; a wrong sampler is not timed.`,
        );
      }
    }
  }
}

/** Runs studies in parallel threads, and meanwhile those of the peer in its own process. */
async function measureQuality(
  names: readonly string[],
  { seeds, workers }: { seeds: number; workers: number },
  peer: Peer | null,
): Promise<QualityRow[]> {
  const filename = path.join(import.meta.dirname, 'search-task.ts');
  const pool = new Piscina({ filename, minThreads: workers, maxThreads: workers });
  const measure = async (name: string, sampler: string): Promise<QualityRow[]> => {
    const counts = trialCounts.filter((count) => count <= (LIMITS[sampler] ?? Infinity));
    const tasks = Array.from({ length: seeds }, (_, i): SearchBenchmarkTask => ({
      name,
      sampler,
      seed: i + 1,
      counts,
    }));
    const ofSeeds: number[][] = await Promise.all(tasks.map((task) => pool.run(task)));
    return summarize(name, sampler, counts, ofSeeds);
  };
  try {
    const own = searchCases.map(({ name }) => names.map((sampler) => measure(name, sampler)));
    const rows: QualityRow[] = [];
    for (const [i, { name }] of searchCases.entries()) {
      const ofPeer = peer === null ? [] : await peer.bestValues(name, seeds);
      for (const measured of own[i]) rows.push(...(await measured));
      if (peer !== null) rows.push(...summarize(name, peer.name, trialCounts, ofPeer));
    }
    return rows;
  } finally {
    await pool.destroy();
  }
}

function summarize(
  name: string,
  sampler: string,
  counts: readonly number[],
  ofSeeds: readonly (readonly number[])[],
): QualityRow[] {
  return counts.map((trials, i) => {
    const values = ofSeeds.map((bests) => bests[i]);
    return {
      function: name,
      sampler,
      trials,
      median: median(values),
      standardError: medianError(values),
      seeds: values.length,
    };
  });
}

async function measureLatency(names: readonly string[]): Promise<LatencyRow[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'wide-optima-bench-'));
  const rows: LatencyRow[] = [];
  try {
    for (const storage of ['memory', 'sqlite'] as const) {
      for (const n of LATENCY_TRIALS) {
        const location = storage === 'memory' ? memoryLocation : path.join(folder, `${n}.db`);
        const filled = await fillStudy(location, n);
        for (const sampler of names) {
          if (n > (LIMITS[sampler] ?? Infinity)) continue;
          const milliseconds = await askAndTellMs(filled, samplerByName(sampler), LATENCY_REPETITIONS);
          rows.push({ sampler, storage, n, cpuMs: median(milliseconds) });
        }
        await filled.close();
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return rows;
}

async function openPeer(python: string) {
  const ask = async (...task: readonly string[]) => JSON.parse((await run(python, [PEER_FILE, ...task])).stdout);
  const { optuna } = await ask('latency', '1', '1');
  return {
    name: `Optuna ${optuna}`,
    async bestValues(name: string, seeds: number): Promise<number[][]> {
      return Object.values(
        (await ask(name, trialCounts.join(), String(seeds))).best as Record<string, number[]>,
      ).reduce<number[][]>((ofSeeds, values) => values.map((value, i) => [...(ofSeeds[i] ?? []), value]), []);
    },
    async askAndTellMs(n: number): Promise<number> {
      return (await ask('latency', String(n), String(LATENCY_REPETITIONS))).cpuMs;
    },
  };
}

function print(rows: readonly QualityRow[], latency: readonly LatencyRow[], seeds: number, peer: string | null): void {
  const names = [...new Set(rows.map(({ sampler }) => sampler))];
  const plain = { head: [], border: [] };
  const quality = new Table({ head: ['function', 'trials', ...names], style: plain });
  for (const { name } of searchCases) {
    for (const count of trialCounts) {
      const cells = names.map((sampler) => {
        const row = rows.find(
          (other) => other.function === name && other.sampler === sampler && other.trials === count,
        );
        return row === undefined ? '–' : `${row.median.toPrecision(3)} ± ${row.standardError.toPrecision(1)}`;
      });
      quality.push([name, count, ...cells]);
    }
  }
  console.log(quality.toString());
  console.log(
    `Median over ${seeds} seeds of the best value so far ± its standard error (bootstrap); smaller is better.`,
  );
  const speed = new Table({ head: ['sampler', 'storage', 'trials', 'CPU ms', 'times as fast'], style: plain });
  for (const { sampler, storage, n, cpuMs } of latency) {
    const other = latency.find((row) => row.sampler === peer && row.n === n);
    const ratio = other === undefined || storage !== 'memory' ? '–' : `${(other.cpuMs / cpuMs).toFixed(1)} ×`;
    speed.push([sampler, storage, n, cpuMs.toFixed(2), ratio]);
  }
  console.log(speed.toString());
  console.log(`Ask and tell of a trial of four parameters after so many, median of ${LATENCY_REPETITIONS}.`);
  console.log(`${cpus()[0].model}, Node ${process.version}.`);
  if (peer === null) console.log('No peer: no python3 with optuna was found (Debian: apt-get install python3-optuna).');
}
