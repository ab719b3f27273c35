/**
 * `npm run bench -- engine`: training speed of the simd engine beside PyTorch on the same core, one thread each.
 * A case whose gradient does not match tf.js is not timed.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import Table from 'cli-table3';
import { findCompetition } from '../data/competitions/index.ts';
import type { LabelledImages } from '../data/images.ts';
import { loadTrain } from '../data/load.ts';
import { initialWeights } from '../models/engine/layout.ts';
import { createSimdNetwork } from '../models/engine/simd.ts';
import { createTfjsNetwork } from '../models/engine/tfjs.ts';
import { createBatches } from '../pipeline/batches.ts';
import { casePlans, trainingFlop } from './engine-cases.ts';
import { measurePeak } from './peak.ts';
import { findPython } from './python.ts';
import { median } from '../numerics/statistics.ts';
import { timeTwoWorkers } from './two-workers.ts';

const run = promisify(execFile);

/** As many images as one training fold of Digit Recognizer; evaluation takes as many as its test file. */
const TRAIN_IMAGES = 33_600;
const EVALUATE_IMAGES = 28_000;
/** Single precision against single precision, summed in another order. */
const LARGEST_RELATIVE_ERROR = 1e-3;
const CHECKED_IMAGES = 16;
const TWO_WORKERS_BATCH = 128;

interface Row {
  readonly case: string;
  readonly batch: number;
  /** `evaluate`: one pass · `two-workers`: an epoch of each of two · `start`: until a first training step is done. */
  readonly secondsPerEpoch: number;
  /** PyTorch's, but of `two-workers` an epoch of one alone. */
  readonly peerSecondsPerEpoch: number | null;
  /** How many times as fast as the peer; of `two-workers` the throughput as a multiple of that of one. */
  readonly ratio: number | null;
  readonly gflops: number | null;
  readonly fractionOfPeak: number | null;
}

const CASES: readonly { name: string; batch: number }[] = [
  { name: 'digit-cnn', batch: 128 },
  { name: 'digit-cnn', batch: 512 },
  { name: 'cnn-16-32', batch: 128 },
  { name: 'mlp', batch: 128 },
  { name: 'evaluate', batch: 512 },
];

export async function benchEngine({ epochs, json }: { epochs: number; json: boolean }): Promise<void> {
  const images = await loadTrain(findCompetition('synthetic-digits'));
  const peak = await measurePeak();
  const python = await findPython('torch');
  const pinned = await canPin();
  const folder = await mkdtemp(path.join(tmpdir(), 'wide-optima-bench-'));
  const rows: Row[] = [];
  try {
    for (const { name, batch } of CASES) {
      const plan = await casePlans[name === 'evaluate' ? 'digit-cnn' : name]();
      await verify(name, plan, images);
      const files = await writeImages(folder, images, name === 'evaluate' ? EVALUATE_IMAGES : TRAIN_IMAGES);
      const task = [name, String(batch), String(epochs), ...files];
      const time = async (command: string, ...args: string[]): Promise<number> => {
        const line = [...(pinned ? ['taskset', '-c', '0'] : []), command, ...args, ...task];
        const { stdout } = await run(line[0], line.slice(1));
        return JSON.parse(stdout).secondsPerEpoch;
      };
      const own = await time(process.execPath, path.join(import.meta.dirname, 'engine-run.ts'));
      const peer = python === null ? null : await time(python, path.join(import.meta.dirname, 'engine-peer.py'));
      const gflops = name === 'evaluate' ? null : (trainingFlop(plan) * TRAIN_IMAGES) / own / 1e9;
      rows.push({
        case: name,
        batch,
        secondsPerEpoch: own,
        peerSecondsPerEpoch: peer,
        ratio: peer === null ? null : peer / own,
        gflops,
        fractionOfPeak: gflops === null ? null : gflops / peak,
      });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  const other = { gflops: null, fractionOfPeak: null };
  const { alone, together } = await timeTwoWorkers(images, TWO_WORKERS_BATCH, epochs);
  rows.push({
    case: 'two-workers',
    batch: TWO_WORKERS_BATCH,
    secondsPerEpoch: together,
    peerSecondsPerEpoch: alone,
    ratio: (2 * alone) / together,
    ...other,
  });
  const start = await timeStart(epochs);
  rows.push({ case: 'start', batch: 128, secondsPerEpoch: start, peerSecondsPerEpoch: null, ratio: null, ...other });
  const machine = `${cpus()[0].model}, Node ${process.version}, WebAssembly multiply-add peak ${peak.toFixed(1)} GFLOP/s`;
  if (json) console.log(JSON.stringify({ machine, rows }));
  else print(machine, rows, python !== null, pinned, epochs);
}

/** @throws Error when the gradient of a few images is not that of tf.js */
async function verify(
  name: string,
  plan: Parameters<typeof createSimdNetwork>[0],
  images: LabelledImages,
): Promise<void> {
  const weights = initialWeights(plan, 1);
  const { value: batch } = createBatches(images, CHECKED_IMAGES, 1)(0).next();
  const [ours, theirs] = [new Float32Array(weights.length), new Float32Array(weights.length)];
  await (await createSimdNetwork(plan)).lossAndGradient(weights, batch, ours);
  await (await createTfjsNetwork(plan, 'cpu')).lossAndGradient(weights, batch, theirs);
  const norm = (vector: Float32Array): number => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  const error = norm(ours.map((value, i) => value - theirs[i])) / norm(theirs);
  if (!(error < LARGEST_RELATIVE_ERROR)) {
    throw new Error(`${name}: the gradient is ${error} away from that of tf.js; a wrong kernel is not timed.`);
  }
}

/** Median seconds from the start of a process to its first training step. */
async function timeStart(repetitions: number): Promise<number> {
  const seconds: number[] = [];
  for (let i = 0; i < repetitions; i += 1) {
    const { stdout } = await run(process.execPath, [path.join(import.meta.dirname, 'start-run.ts')]);
    seconds.push(JSON.parse(stdout).seconds);
  }
  return median(seconds);
}

/** Repeats the images up to `count`. */
async function writeImages(folder: string, images: LabelledImages, count: number): Promise<string[]> {
  const size = images.pixels.length / images.count;
  const pixels = new Uint8Array(count * size);
  for (let at = 0; at < pixels.length; at += images.pixels.length) {
    pixels.set(images.pixels.subarray(0, pixels.length - at), at);
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

function print(machine: string, rows: readonly Row[], hasPeer: boolean, pinned: boolean, epochs: number): void {
  const table = new Table({
    head: ['case', 'batch', 's / epoch', 'PyTorch', 'ratio', 'GFLOP/s', 'of peak'],
    style: { head: [], border: [] },
  });
  const number = (value: number | null, digits: number, unit = ''): string =>
    value === null ? '–' : `${value.toFixed(digits)}${unit}`;
  for (const row of rows) {
    table.push([
      row.case,
      row.batch,
      number(row.secondsPerEpoch, 3),
      number(row.peerSecondsPerEpoch, 3),
      number(row.ratio, 2, ' ×'),
      number(row.gflops, 1),
      number(row.fractionOfPeak === null ? null : 100 * row.fractionOfPeak, 0, ' %'),
    ]);
  }
  console.log(table.toString());
  console.log(
    `${machine}. One thread each${pinned ? ', on the same core' : ''}; median of ${epochs} epochs after a first.`,
  );
  console.log(`${TRAIN_IMAGES} images an epoch; evaluate: ${EVALUATE_IMAGES} images.`);
  console.log('two-workers: 10,000 images; beside it one worker alone, and the throughput of two as a multiple.');
  console.log('start: seconds from the start of a process to the end of its first training step.');
  if (!hasPeer) console.log('No peer: no python3 with torch was found (Debian: apt-get install python3-torch).');
}
