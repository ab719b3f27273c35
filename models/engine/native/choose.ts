/**
 * Chooses the fastest of kernels with the same bits, so that the choice only changes the time. A short measurement
 * decides, since wide registers can lower the clock of a processor, and compilers differ. The choice is kept beside the
 * add-ons for each kind of processor.
 */
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import { replaceFile } from '../../../base/replace-file.ts';
import { FLOAT_BYTES, type KernelSpace, LANES } from '../simd/kernels.ts';
import { createKernelSpace, type KernelSet, setsHere } from '../simd/load-kernels.ts';
import { buildDirectory } from './addons.ts';

const choicesFile = path.join(buildDirectory, 'native-choice.json');
const REPETITIONS = 24;
/** Sizes of the measured product, that of a dense layer: 4.2 million operations, below 150 µs. */
const [ROWS, DEPTH, COLUMNS] = [64, 256, 128];

const chosen = new Map<boolean, Promise<KernelSet>>();

/** The fastest kernels with the bits of WebAssembly or, if `isFused`, of WebAssembly with fused multiply-adds. */
export function fastestKernels(isFused = false): Promise<KernelSet> {
  if (!chosen.has(isFused)) chosen.set(isFused, choose(isFused));
  return chosen.get(isFused)!;
}

/** Forgets the kept choices, since a new build may be faster. */
export async function clearChoices(): Promise<void> {
  chosen.clear();
  await rm(choicesFile, { force: true });
}

async function choose(isFused: boolean): Promise<KernelSet> {
  const sets = setsHere(isFused);
  if (sets.length === 1) return sets[0];
  const key = `${cpus()[0]?.model ?? process.arch}${isFused ? ', fused' : ''}`;
  const kept = readChoices();
  if (sets.includes(kept[key])) return kept[key];
  const best = await measure(sets);
  // A read-only installation measures at every start.
  await replaceFile(choicesFile, `${JSON.stringify({ ...kept, [key]: best })}\n`).catch(() => {});
  return best;
}

function readChoices(): Record<string, KernelSet> {
  try {
    return JSON.parse(readFileSync(choicesFile, 'utf8')) as Record<string, KernelSet>;
  } catch {
    return {};
  }
}

/** Measures the kernels in turns, so that other load affects all alike, and takes the best of many times. */
async function measure(sets: readonly KernelSet[]): Promise<KernelSet> {
  const products = await Promise.all(sets.map(async (set) => createProduct(await createKernelSpace(set))));
  const best = sets.map(() => Infinity);
  for (let i = 0; i < REPETITIONS; i += 1) {
    for (const [k, multiply] of products.entries()) {
      const started = performance.now();
      multiply();
      best[k] = Math.min(best[k], performance.now() - started);
    }
  }
  return sets[best.indexOf(Math.min(...best))];
}

function createProduct(space: KernelSpace): () => void {
  const { kernels } = space;
  const [a, b, panels, c] = space.layOut(() =>
    [ROWS * DEPTH, DEPTH * COLUMNS, DEPTH * COLUMNS, ROWS * COLUMNS].map((floats) =>
      space.allocate(floats * FLOAT_BYTES),
    ),
  );
  const [aRow, cRow] = [DEPTH * FLOAT_BYTES, COLUMNS * FLOAT_BYTES];
  kernels.packPanels(b, cRow, FLOAT_BYTES, DEPTH, COLUMNS, panels);
  return () => kernels.multiply(a, aRow, FLOAT_BYTES, panels, c, cRow, ROWS, DEPTH, COLUMNS / LANES);
}
