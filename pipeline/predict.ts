/** One prediction path for everything: a single solution, an average, snapshots, folds. */
import type { Images } from '../data/index.ts';
import type { Network, Solution } from '../models/index.ts';

/**
 * Mean of the class probabilities of several solutions of one network.
 * @returns f32[images.count × classes]
 */
export async function ensemble(
  network: Network,
  solutions: readonly Solution[],
  images: Images,
): Promise<Float32Array> {
  const members: Float32Array[] = [];
  for (const solution of solutions) members.push(await network.predict(solution, images));
  return averageProbabilities(members);
}

/** Adds to each weight vector the batch-norm statistics measured on these images. */
export async function measureAll(
  network: Network,
  weightVectors: readonly Float32Array[],
  images: Images,
): Promise<Solution[]> {
  const solutions: Solution[] = [];
  for (const weights of weightVectors) solutions.push(await network.measure(weights, images));
  return solutions;
}

/**
 * Copies the predictions of some images to their rows among all images.
 * @param all f32[images × classes], written to
 * @param predicted f32[rows × classes]
 * @param rows positions of the images
 */
export function placeRows(all: Float32Array, predicted: Float32Array, rows: Uint32Array): void {
  const classes = predicted.length / rows.length;
  for (const [i, row] of rows.entries()) {
    all.set(predicted.subarray(i * classes, (i + 1) * classes), row * classes);
  }
}

/** The predictions of some images. @param all f32[images × classes] @returns f32[rows × classes] */
export function pickRows(all: Float32Array, rows: Uint32Array, classes: number): Float32Array {
  const picked = new Float32Array(rows.length * classes);
  for (const [i, row] of rows.entries()) picked.set(all.subarray(row * classes, (row + 1) * classes), i * classes);
  return picked;
}

/** Element-wise mean, summed in float64 in the order given. @throws RangeError when there is nothing to average */
export function averageProbabilities(members: readonly Float32Array[]): Float32Array {
  if (members.length === 0) throw new RangeError('Expected at least one prediction to average, got none.');
  if (members.length === 1) return members[0];
  const mean = new Float32Array(members[0].length);
  for (let i = 0; i < mean.length; i += 1) {
    let sum = 0;
    for (const member of members) sum += member[i];
    mean[i] = sum / members.length;
  }
  return mean;
}
