/** This core's measured WebAssembly SIMD multiply-add peak, the yardstick of the engine benchmark. */
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main as compileAssemblyScript } from 'assemblyscript/asc';

const ITERATIONS = 5_000_000;
/** Twelve chains of four lanes, a multiplication and an addition each. */
const FLOP_PER_ITERATION = 12 * 4 * 2;
const REPETITIONS = 7;

/** @returns GFLOP/s, the best of several repetitions */
export async function measurePeak(): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'wide-optima-peak-'));
  try {
    const target = path.join(folder, 'peak.wasm');
    const options = ['--outFile', target, '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'];
    const source = path.relative(process.cwd(), path.join(import.meta.dirname, '../kernels/peak.ts'));
    const { error } = await compileAssemblyScript([source, ...options]);
    if (error) throw error;
    const instance = await WebAssembly.instantiate(await WebAssembly.compile(await readFile(target)), {});
    const multiplyAdds = instance.exports['multiplyAdds'] as (iterations: number, x: number, y: number) => number;
    let best = Infinity;
    for (let i = 0; i < REPETITIONS; i += 1) {
      const started = performance.now();
      multiplyAdds(ITERATIONS, 0.5, 0.25);
      best = Math.min(best, performance.now() - started);
    }
    return (ITERATIONS * FLOP_PER_ITERATION) / best / 1e6;
  } finally {
    await rm(folder, { recursive: true });
  }
}
