/** Evaluates many points of weight space side by side on the pool, in the order given, keeping each as it comes. */
import type { Piscina } from 'piscina';
import { engineOfBits } from '../models/index.ts';
import { digestOf, digestOfImages, digestOfSources } from '../pipeline/index.ts';
import type { Setting, Values } from './evaluate.ts';
import { openPoints } from './points.ts';
import { pointAt, type Subspace } from './subspace.ts';
import { workerFile } from './worker-file.ts';

/** All sources that decide the value of a point. */
const SOURCES = ['base', 'numerics', 'data', 'kernels', 'models', 'pipeline', 'analysis'];

/** A point to evaluate: its weights are made when its turn comes, since all of them together may not fit into memory. */
export interface Target {
  /** Unique in its scan. */
  readonly id: string;
  weights(): Float32Array;
}

export interface ScanTask extends Setting {
  readonly targets: readonly Target[];
  /** Digest of the inputs that turn an id into weights: solutions and directions. */
  readonly digest: string;
  /** Keeps the points. */
  readonly file: string;
}

export interface ScanOptions {
  readonly signal?: AbortSignal;
  /**
   * Sees every point when it is there, those of an earlier run first.
   * @param done points so far
   */
  readonly onPoint?: (id: string, values: Values, done: number) => void;
}

/** The point of a subspace at these coordinates, with an id made of them. @param name tells subspaces of a scan apart */
export const targetAt = (subspace: Subspace, coordinates: readonly number[], name = ''): Target => ({
  id: targetId(coordinates, name),
  weights: () => pointAt(subspace, coordinates),
});

export const targetId = (coordinates: readonly number[], name = ''): string => `${name}(${coordinates.join(', ')})`;

/** Digest of weight vectors, as a part of the digest of a scan. */
export const digestOfVectors = (vectors: readonly (Float32Array | Float64Array)[]): string =>
  digestOf(
    vectors.map((vector) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')),
  );

/**
 * The values do not depend on the number of workers, nor on how often the scan was interrupted.
 * @returns by id, in the order of the targets
 * @throws AbortError when the signal aborts; what was evaluated by then is kept
 */
export async function scan(
  pool: Piscina,
  { targets, digest, file, ...setting }: ScanTask,
  { signal, onPoint }: ScanOptions = {},
): Promise<Map<string, Values>> {
  const { plan, engine, train, test } = setting;
  const images = [digestOfImages(train), digestOfImages(test)];
  const decides = [digestOfSources(SOURCES), plan, engineOfBits(engine), ...images, digest];
  const points = await openPoints(file, digestOf(decides));
  const found = new Map<string, Values>();
  const keep = (id: string, values: Values): void => {
    found.set(id, values);
    onPoint?.(id, values, found.size);
  };
  const missing: Target[] = [];
  for (const target of targets) {
    const values = points.kept.get(target.id);
    if (values) keep(target.id, values);
    else missing.push(target);
  }

  const queue = missing.values();
  const work = async (): Promise<void> => {
    for (const target of queue) {
      signal?.throwIfAborted();
      const { id } = target;
      const task = { ...setting, weights: target.weights() };
      const values = (await pool.run(task, { filename: workerFile, name: 'evaluatePoint', signal })) as Values;
      points.append(id, values);
      keep(id, values);
    }
  };
  // One more than there are threads, so that none of them waits for weights to be made.
  await Promise.all(Array.from({ length: pool.threads.length + 1 }, work));
  return new Map(targets.map(({ id }) => [id, found.get(id)!]));
}
