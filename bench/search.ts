/**
 * `npm run bench -- search`: quality and CPU time of the samplers and of Optuna's TPE, default and multivariate, in the
 * same run. It ends first if our Parzen estimator does not have the densities of the reference, or a function is another
 * one in Optuna.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { Piscina } from 'piscina';
import { samplerByName } from '../search/samplers/index.ts';
import { memoryLocation } from '../search/storage/storage.ts';
import { findPython } from './python.ts';
import { askAndTellMs, describedPoints, fillStudy, trialCounts, type DescribedPoint } from './search-cases.ts';
import type { SearchBenchmarkTask } from './search-task.ts';
import { medianError } from '../numerics/bootstrap.ts';
import { median } from '../numerics/statistics.ts';
import { judged, printSearch, type LatencyRow, type QualityRow } from './search-table.ts';
import { compareWithGolden, goldenTolerance } from './tpe-golden.ts';

const run = promisify(execFile);

const LATENCY_TRIALS = [1_000, 10_000];
const LATENCY_REPETITIONS = 20;
/** Most trials for samplers that are too slow for longer studies. */
const LIMITS: Readonly<Record<string, number>> = { gp: 100 };
/** Relative, for values that both languages compute with other libraries. */
const VALUE_TOLERANCE = 1e-9;
const PEER_FILE = path.join(import.meta.dirname, 'search-peer.py');

type Peer = Awaited<ReturnType<typeof openPeer>>;

export async function benchSearch(options: {
  seeds: number;
  samplers: string;
  functions: string;
  workers: number;
  speed: boolean;
  json: boolean;
}): Promise<void> {
  const names = options.samplers.split(',');
  for (const name of names) samplerByName(name);
  verify();
  const python = await findPython('optuna');
  const peer = python === null ? null : await openPeer(python);
  const functions = options.functions.split(',');
  await verifyFunctions(functions, peer);
  const rows = await measureQuality(names, functions, options, peer);
  const latency = options.speed ? await measureLatency(names) : [];
  if (peer !== null && options.speed) {
    for (const n of LATENCY_TRIALS) {
      latency.push({ sampler: peer.names[0], storage: 'memory', n, cpuMs: await peer.askAndTellMs(n) });
    }
  }
  if (options.json) console.log(JSON.stringify({ rows, latency }));
  else printSearch(rows, latency, { seeds: options.seeds, repetitions: LATENCY_REPETITIONS, peers: peer?.names ?? [] });
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

/** @throws Error if the parameters or the value of a function are others in the peer */
async function verifyFunctions(names: readonly string[], peer: Peer | null): Promise<void> {
  const own: DescribedPoint[] = [];
  for (const name of names) own.push(...(await describedPoints(name)));
  const others = (await peer?.describe(own)) ?? [];
  for (const [i, { value, ...other }] of others.entries()) {
    const { value: ownValue, ...point } = own[i];
    const isNear = ownValue === value || Math.abs(ownValue! - value!) <= VALUE_TOLERANCE * Math.abs(ownValue!);
    if (isNear && isDeepStrictEqual(point, other)) continue;
    const texts = [own[i], { ...other, value }].map((one) => JSON.stringify(one));
    throw new Error(`A function is another one in Optuna: here ${texts[0]}, there ${texts[1]}.`);
  }
}

/** Runs studies in parallel threads, and meanwhile those of the peer in its own process. */
async function measureQuality(
  names: readonly string[],
  functions: readonly string[],
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
    const own = functions.map((name) => names.map((sampler) => measure(name, sampler)));
    const rows: QualityRow[] = [];
    for (const [i, name] of functions.entries()) {
      const ofPeers: QualityRow[] = [];
      for (const [k, sampler] of (peer?.names ?? []).entries()) {
        ofPeers.push(...summarize(name, sampler, trialCounts, await peer!.bestValues(name, k, seeds)));
      }
      for (const measured of own[i]) rows.push(...(await measured).map((row) => judged(row, ofPeers)));
      rows.push(...ofPeers);
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
      values,
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
  const { optuna } = await ask('version');
  return {
    names: [`Optuna ${optuna}`, `Optuna ${optuna} multivariate`],
    async describe(points: readonly DescribedPoint[]): Promise<DescribedPoint[]> {
      return ask('describe', JSON.stringify(points.map(({ name, params }) => [name, params])));
    },
    /** @param sampler its place in `names` */
    async bestValues(name: string, sampler: number, seeds: number): Promise<number[][]> {
      const ofSeeds: (number | null)[][] = await ask(
        name,
        ['tpe', 'multivariate'][sampler],
        trialCounts.join(),
        String(seeds),
      );
      return ofSeeds.map((values) => values.map((value) => value ?? Infinity));
    },
    async askAndTellMs(n: number): Promise<number> {
      return ask('latency', String(n), String(LATENCY_REPETITIONS));
    },
  };
}
