/** PyTorch as a peer: finds a Python that has it, and measures its matrix library. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { findPython } from './python.ts';

const run = promisify(execFile);
export const peerScript = path.join(import.meta.dirname, 'engine-peer.py');

/** A matrix product below this share of WebAssembly's peak is of a reference BLAS without blocking. */
const LEAST_SHARE = 0.25;
/**
 * Else glibc gives large tensors back to the system after each use, and PyTorch spends most of its time on pages that the
 * system clears: the networks of this benchmark took 1.1 to 10 times as long.
 */
const KEEPS_MEMORY = { MALLOC_MMAP_THRESHOLD_: '2000000000', MALLOC_TRIM_THRESHOLD_: '4000000000' };
/** Huge pages, which the kernels in C use too. They take up to 5 % of PyTorch's time away. */
const HUGE_PAGES = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' };
/** Core types to try for OpenBLAS, which takes an unknown processor for one of 2004. */
const OPENBLAS_CORES = ['Haswell', 'SkylakeX', 'Zen'];

export interface Peer {
  readonly python: string;
  /** Environment variables: one thread for the library, and memory that is kept, in huge pages. */
  readonly environment: Readonly<Record<string, string>>;
  readonly torch: string;
  /** Name of the matrix library. */
  readonly library: string;
  /** Speed of a matrix product of 512³ on one thread. */
  readonly gflops: number;
}

interface Blas {
  readonly libraries: readonly string[];
  readonly gflops: number;
  readonly torch: string;
}

/** Finds a Python with PyTorch; null if there is none. */
export async function findPeer(): Promise<Peer | null> {
  const python = await findPython('torch');
  if (python === null) return null;
  const measure = async (more: Record<string, string>): Promise<Peer> => {
    const threads = { OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
    const environment = { ...threads, ...KEEPS_MEMORY, ...HUGE_PAGES, ...more };
    const { stdout } = await run(python, [peerScript, 'blas'], { env: { ...process.env, ...environment } });
    const { libraries, gflops, torch }: Blas = JSON.parse(stdout);
    const names = libraries.map((library) => path.basename(library)).filter((name) => !name.startsWith('liblapack'));
    const core = more['OPENBLAS_CORETYPE'];
    const library = `${names.join(', ') || 'a library of its own'}${core === undefined ? '' : ` (${core})`}`;
    return { python, environment, torch, library, gflops };
  };
  const peers = [await measure({})];
  if (process.arch === 'x64' && peers[0].library.includes('openblas')) {
    for (const core of OPENBLAS_CORES) peers.push(await measure({ OPENBLAS_CORETYPE: core }));
  }
  return peers.reduce((best, peer) => (peer.gflops > best.gflops ? peer : best));
}

/** @param peak GFLOP/s of WebAssembly's multiplications and additions on this core */
export const isReferenceBlas = ({ gflops }: Peer, peak: number): boolean => gflops < LEAST_SHARE * peak;
