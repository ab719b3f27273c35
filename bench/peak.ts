/** Measures the peak speed of a core for each kind of kernels, the reference of the engine benchmark. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main as compileAssemblyScript } from 'assemblyscript/asc';
import { expectNative, isAddonName } from '../models/engine/native/addons.ts';
import type { KernelSet } from '../models/engine/simd/load-kernels.ts';

/** A repetition takes less than half a millisecond, so that some are not interrupted. */
const ITERATIONS = 200_000;
/** Operations of an iteration: six multiplications and six additions in every lane. */
const FLOP_PER_LANE = 12;
const REPETITIONS = 100;
const BITS_PER_FLOAT = 32;

/** @returns GFLOP/s, the best of several repetitions */
export async function measurePeak(kernels: KernelSet): Promise<number> {
  const [lanes, run] = isAddonName(kernels)
    ? [Number(kernels.slice('native-'.length)) / BITS_PER_FLOAT, nativeLoop(kernels)]
    : [4, await wasmLoop()];
  let best = Infinity;
  for (let i = 0; i < REPETITIONS; i += 1) {
    const started = performance.now();
    run();
    best = Math.min(best, performance.now() - started);
  }
  return (ITERATIONS * lanes * FLOP_PER_LANE) / best / 1e6;
}

function nativeLoop(name: Parameters<typeof expectNative>[0]): () => void {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { kernels } = expectNative(name).addon.attach(memory.buffer);
  return () => kernels['multiplyAdds'](ITERATIONS, 1, 0.25, 0);
}

async function wasmLoop(): Promise<() => void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'wide-optima-peak-'));
  try {
    const target = path.join(folder, 'peak.wasm');
    const options = ['--outFile', target, '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'];
    const source = path.relative(process.cwd(), path.join(import.meta.dirname, '../kernels/peak.ts'));
    const { error } = await compileAssemblyScript([source, ...options]);
    if (error) throw error;
    const instance = await WebAssembly.instantiate(await WebAssembly.compile(await readFile(target)), {});
    const multiplyAdds = instance.exports['multiplyAdds'] as (iterations: number, x: number, y: number) => number;
    return () => multiplyAdds(ITERATIONS, 1, 0.25);
  } finally {
    await rm(folder, { recursive: true });
  }
}
