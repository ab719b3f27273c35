/**
 * `npm run bench -- engine`: speed of the simd engine with each kind of kernels and of PyTorch, on one thread each, in
 * turns. A case whose gradient does not match that of tf.js is not timed.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { buildProgram } from '../cli/build.ts';
import { findCompetition } from '../data/competitions/index.ts';
import { allPixels, imageSize, type LabelledImages } from '../data/images.ts';
import { loadTrain } from '../data/load.ts';
import { kernelsOf } from '../models/engine/engines.ts';
import { initialWeights } from '../models/engine/layout.ts';
import { PROGRAM_ROOT } from '../base/modules.ts';
import type { Network } from '../models/engine/network.ts';
import type { Plan } from '../models/engine/plan.ts';
import { isFusedSet, type KernelSet, setsHere } from '../models/engine/simd/load-kernels.ts';
import { createSimdNetwork } from '../models/engine/simd.ts';
import { createTfjsNetwork } from '../models/engine/tfjs.ts';
import { type NetworkName, networks, trainingFlop } from './engine-cases.ts';
import { findPeer, isReferenceBlas, peerScript } from './engine-peer.ts';
import { Runner, type Seconds, takeTurns } from './engine-runner.ts';
import { printRows, type Row, type Setting } from './engine-table.ts';
import { measurePeak } from './peak.ts';
import { median } from '../numerics/statistics.ts';
import { timeTwoWorkers } from './two-workers.ts';

const run = promisify(execFile);

/** Tolerance for single precision with sums in another order. */
const LARGEST_RELATIVE_ERROR = 1e-3;
const CHECKED_IMAGES = 4;
const TWO_WORKERS_BATCH = 128;
const LAYOUTS = ['contiguous', 'channels-last'] as const;

interface Case {
  readonly name: string;
  readonly network: NetworkName;
  readonly task: 'train' | 'evaluate';
  readonly batch: number;
}

const CASES: readonly Case[] = [
  { name: 'digit-cnn', network: 'digit-cnn', task: 'train', batch: 128 },
  { name: 'digit-cnn', network: 'digit-cnn', task: 'train', batch: 512 },
  { name: 'cnn-16-32', network: 'cnn-16-32', task: 'train', batch: 128 },
  { name: 'mlp', network: 'mlp', task: 'train', batch: 128 },
  { name: 'wide-cnn', network: 'wide-cnn', task: 'train', batch: 128 },
  { name: 'resnet-small', network: 'resnet-small', task: 'train', batch: 128 },
  { name: 'evaluate', network: 'digit-cnn', task: 'evaluate', batch: 512 },
  ...(['cnn-16-32', 'mlp', 'wide-cnn', 'resnet-small'] as const).map((network): Case => ({
    name: `evaluate-${network}`,
    network,
    task: 'evaluate',
    batch: 128,
  })),
];

export async function benchEngine({ epochs, json }: { epochs: number; json: boolean }): Promise<void> {
  const images = await loadTrain(findCompetition('synthetic-digits'));
  const strict = setsHere();
  const engines = [...strict, ...setsHere(true)];
  const peaks: Record<string, number> = {};
  for (const engine of strict) peaks[engine] = await measurePeak(engine);
  const peer = await findPeer();
  const setting: Setting = {
    machine: `${cpus()[0].model}, Node ${process.version}`,
    peaks,
    peer,
    hasReferenceBlas: peer !== null && isReferenceBlas(peer, peaks['wasm']),
    pinned: await canPin(),
    epochs,
  };
  const rows: Row[] = [];
  for (const one of CASES) {
    // It takes minutes, and the table stands at the end.
    process.stderr.write(`${one.name}, ${one.task}, batches of ${one.batch} …\n`);
    rows.push(...(await timeCase(one, images, engines, setting)));
  }
  rows.push(...(await timeProcesses(images, epochs)));
  if (json) console.log(JSON.stringify({ ...setting, rows }));
  else printRows(setting, rows);
}

async function timeCase(
  one: Case,
  images: LabelledImages,
  engines: readonly KernelSet[],
  { peer, peaks, hasReferenceBlas, pinned, epochs }: Setting,
): Promise<Row[]> {
  const { name, network, task, batch } = one;
  const { images: count, isDense } = networks[network];
  const plan = await networks[network].plan();
  const folder = await mkdtemp(path.join(tmpdir(), 'wide-optima-bench-'));
  const runners: Runner[] = [];
  try {
    const files = await writeImages(folder, images, count * imageSize(plan.input), count);
    await verify(network, plan, engines, images);
    const pin = pinned ? ['taskset', '-c', '0'] : [];
    const common = [network, task, String(batch), ...files];
    const own = path.join(import.meta.dirname, 'engine-run.ts');
    for (const engine of engines) {
      runners.push(
        new Runner([...pin, process.execPath, '--disable-warning=ExperimentalWarning', own, ...common, engine]),
      );
    }
    if (peer) {
      for (const layout of LAYOUTS) {
        runners.push(new Runner([...pin, peer.python, peerScript, ...common, layout], peer.environment));
      }
    }
    const timed = (await takeTurns(runners, epochs)).map(medians);
    const peers = timed.slice(engines.length).toSorted((a, b) => a.cpuSeconds - b.cpuSeconds);
    const best: Seconds | null = peers[0] ?? null;
    return engines.map((engine, i): Row => {
      const { seconds, cpuSeconds } = timed[i];
      const gflops = task === 'train' ? (trainingFlop(plan) * count) / cpuSeconds / 1e9 : null;
      return {
        case: name,
        engine,
        batch,
        images: count,
        secondsPerEpoch: seconds,
        peerSecondsPerEpoch: best?.seconds ?? null,
        cpuSecondsPerEpoch: cpuSeconds,
        peerCpuSecondsPerEpoch: best?.cpuSeconds ?? null,
        ratio: best && !(isDense && hasReferenceBlas) ? best.cpuSeconds / cpuSeconds : null,
        gflops,
        fractionOfPeak: gflops === null || !(engine in peaks) ? null : gflops / peaks[engine],
      };
    });
  } finally {
    for (const runner of runners) runner.end();
    await rm(folder, { recursive: true });
  }
}

const medians = (all: readonly Seconds[]): Seconds => ({
  seconds: median(all.map(({ seconds }) => seconds)),
  cpuSeconds: median(all.map(({ cpuSeconds }) => cpuSeconds)),
});

/** Times what takes more than one thread: two workers in parallel, and a start. */
async function timeProcesses(images: LabelledImages, epochs: number): Promise<Row[]> {
  const engine = (await kernelsOf('simd'))!;
  const other = { cpuSecondsPerEpoch: null, peerCpuSecondsPerEpoch: null, gflops: null, fractionOfPeak: null };
  const { alone, together } = await timeTwoWorkers(images, TWO_WORKERS_BATCH, epochs);
  const start = await timeStart(epochs);
  return [
    {
      case: 'two-workers',
      engine,
      batch: TWO_WORKERS_BATCH,
      images: images.count,
      secondsPerEpoch: together,
      peerSecondsPerEpoch: alone,
      ratio: (2 * alone) / together,
      ...other,
    },
    {
      case: 'start',
      engine,
      batch: 128,
      images: 128,
      secondsPerEpoch: start,
      peerSecondsPerEpoch: null,
      ratio: null,
      ...other,
    },
  ];
}

const verified = new Set<NetworkName>();

/**
 * @throws Error if the gradient of a few images differs from that of tf.js, or kernels of two kinds that both fuse
 *   multiply-adds, or both do not, differ in any bit
 */
async function verify(
  name: NetworkName,
  plan: Plan,
  engines: readonly KernelSet[],
  images: LabelledImages,
): Promise<void> {
  if (verified.has(name)) return;
  const weights = initialWeights(plan, 1);
  const some = { count: CHECKED_IMAGES, pixels: allPixels(images), labels: images.labels };
  const gradientOf = async (network: Network): Promise<Float32Array> => {
    const gradient = new Float32Array(weights.length);
    await network.lossAndGradient(weights, { ...some, seed: 1 }, gradient);
    return gradient;
  };
  const theirs = await gradientOf(await createTfjsNetwork(plan, 'cpu'));
  const norm = (vector: Float32Array): number => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  for (const isFused of [false, true]) {
    const sets = engines.filter((engine) => isFusedSet(engine) === isFused);
    const all: Float32Array[] = [];
    for (const set of sets) all.push(await gradientOf(await createSimdNetwork(plan, set)));
    const [ours] = all;
    if (all.some((gradient) => gradient.some((value, i) => !Object.is(value, ours[i])))) {
      throw new Error(`${name}: ${sets.join(', ')} have not the same gradient; a wrong kernel is not timed.`);
    }
    const error = norm(ours.map((value, i) => value - theirs[i])) / norm(theirs);
    if (!(error < LARGEST_RELATIVE_ERROR)) {
      throw new Error(`${name}: the gradient is ${error} away from that of tf.js; a wrong kernel is not timed.`);
    }
  }
  verified.add(name);
}

/** Median seconds from the start of a process to its first training step. It runs from a bundle, as all commands do. */
async function timeStart(repetitions: number): Promise<number> {
  const seconds: number[] = [];
  // The same cache as in cli/main.mjs.
  const env = { ...process.env, NODE_COMPILE_CACHE: path.join(PROGRAM_ROOT, 'build/compile-cache') };
  const folder = await mkdtemp(path.join(PROGRAM_ROOT, 'build/bench-'));
  try {
    const bundle = await buildProgram(folder, path.join(import.meta.dirname, 'start-run.ts'));
    // The first start fills the cache.
    for (let i = 0; i <= repetitions; i += 1) {
      const { stdout } = await run(process.execPath, [path.join(bundle, 'main.js')], { env });
      if (i > 0) seconds.push(JSON.parse(stdout).seconds);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return median(seconds);
}

/** Writes files of images and labels, which are repeated up to `count`. */
async function writeImages(folder: string, images: LabelledImages, bytes: number, count: number): Promise<string[]> {
  const pixels = new Uint8Array(bytes);
  const all = allPixels(images);
  for (let at = 0; at < bytes; at += all.length) {
    pixels.set(all.subarray(0, bytes - at), at);
  }
  const labels = Uint8Array.from({ length: count }, (_, i) => images.labels[i % images.count]);
  const files = [path.join(folder, 'images.bin'), path.join(folder, 'labels.bin')];
  await writeFile(files[0], pixels);
  await writeFile(files[1], labels);
  return files;
}

const canPin = (): Promise<boolean> =>
  run('taskset', ['-c', '0', 'true']).then(
    () => true,
    () => false,
  );
