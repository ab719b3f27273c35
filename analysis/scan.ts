/** Evaluates many points of weight space in parallel on the pool, in the given order, and saves each result. */
import type { Piscina } from 'piscina';
import { sha256 } from '../base/sha256.ts';
import { engineOfBits } from '../models/index.ts';
import { digestOf, digestOfImages, digestOfSources } from '../pipeline/index.ts';
import type { Setting, Values } from './evaluate.ts';
import { openPoints } from './points.ts';
import { pointAt, type Subspace } from './subspace.ts';
import { workerFile } from './worker-file.ts';

/** Folders of all sources that decide the value of a point. */
const SOURCES = ['base', 'numerics', 'data', 'kernels', 'models', 'pipeline', 'analysis'];

/** A point to evaluate. Its weights are computed on demand, since those of all points may not fit into memory. */
export interface Target {
  /** Unique in the scan. */
  readonly id: string;
  weights(): Float32Array;
}

export interface ScanTask extends Setting {
  readonly targets: readonly Target[];
  /** Digest of what the weights of an id depend on: solutions and directions. */
  readonly digest: string;
  /** File of the points. */
  readonly file: string;
}

export interface ScanOptions {
  readonly signal?: AbortSignal;
  /** Called once, before the others, with the number of points that earlier runs have evaluated. */
  readonly onKept?: (kept: number) => void;
  /**
   * Called with every point that is evaluated now.
   * @param done number of points so far, with those of earlier runs
   */
  readonly onPoint?: (id: string, values: Values, done: number) => void;
}

/** The point of a subspace at these coordinates. @param name distinguishes the subspaces of a scan in ids */
export const targetAt = (subspace: Subspace, coordinates: readonly number[], name = ''): Target => ({
  id: targetId(coordinates, name),
  weights: () => pointAt(subspace, coordinates),
});

export const targetId = (coordinates: readonly number[], name = ''): string => `${name}(${coordinates.join(', ')})`;

/** Digest of weight vectors, for the digest of a scan. */
export const digestOfVectors = (vectors: readonly (Float32Array | Float64Array)[]): string =>
  digestOf(vectors.map((vector) => sha256(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength))));

/**
 * Evaluates the targets. The values do not depend on the number of workers or on interruptions.
 * @returns values by id, in the order of the targets
 * @throws AbortError when the signal aborts; the points evaluated until then are kept
 */
export async function scan(
  pool: Piscina,
  { targets, digest, file, ...setting }: ScanTask,
  { signal, onKept, onPoint }: ScanOptions = {},
): Promise<Map<string, Values>> {
  const { plan, engine, train, test, augment } = setting;
  const images = [digestOfImages(train), digestOfImages(test)];
  const decides = [digestOfSources(SOURCES), plan, engineOfBits(engine), ...images, augment, digest];
  const points = await openPoints(file, digestOf(decides));
  const found = new Map<string, Values>();
  const missing: Target[] = [];
  for (const target of targets) {
    const values = points.kept.get(target.id);
    if (values) found.set(target.id, values);
    else missing.push(target);
  }
  onKept?.(found.size);

  const queue = missing.values();
  const work = async (): Promise<void> => {
    for (const target of queue) {
      signal?.throwIfAborted();
      const { id } = target;
      const task = { ...setting, weights: target.weights() };
      const values = (await pool.run(task, { filename: workerFile, name: 'evaluatePoint', signal })) as Values;
      points.append(id, values);
      found.set(id, values);
      onPoint?.(id, values, found.size);
    }
  };
  // One more task than threads, so that no thread waits for the next weights.
  await Promise.all(Array.from({ length: pool.threads.length + 1 }, work));
  return new Map(targets.map(({ id }) => [id, found.get(id)!]));
}
