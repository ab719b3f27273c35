import test from 'ava';
import { loadPlan } from '../../models/engine/plans.ts';
import { crossValidate, makeFolds } from '../../pipeline/cross-validate.ts';
import type { CrossValidationTask } from '../../pipeline/run-fold.ts';
import { methods } from '../../pipeline/methods/index.ts';
import { createPool } from '../../pipeline/pool.ts';
import { joinImages, mixedRows, pseudoLabelled } from '../../pipeline/pseudo-labels.ts';
import { digits, shape } from './digits.ts';
import { allPixels } from '../../data/images.ts';

const [one, two] = [createPool(1), createPool(2)];
test.after.always(() => Promise.all([one.destroy(), two.destroy()]));

const COUNT = 100;
const others = digits(60, 5);

/** Folds are given, so that they stay when labels change. */
async function task(confidence: number): Promise<CrossValidationTask> {
  const images = digits(COUNT);
  const of = new Uint32Array(new SharedArrayBuffer(4 * COUNT));
  for (const i of of.keys()) of[i] = (i >> 1) % 2;
  const folds = { isStratified: false, part: { is: 'fold' as const, of, count: 2, source: 'folds' } };
  return {
    plan: await loadPlan('mlp', shape, 10),
    engine: 'simd',
    method: 'plain',
    // Nothing but the images that a network trains on decides its way.
    parameters: { ...methods.plain.defaults, schedule: 'cosine', batchSize: 10, learningRate: 0.05 },
    epochs: 3,
    folds: 2,
    seed: 7,
    images: { ...images, folds },
    pseudoLabels: { confidence, images: others },
  };
}

test('the labels of a fold, and what networks that saw them say, change nothing that its own network learns from', async (t) => {
  const given = await task(0.14);
  const first = await crossValidate(two, given);
  const again = await crossValidate(one, given);
  const [{ validation }] = makeFolds(given);
  const labels = new Uint16Array(new SharedArrayBuffer(2 * COUNT));
  labels.set(given.images.labels);
  for (const row of validation) labels[row] = (labels[row] + 3) % 10;
  const changed = await crossValidate(two, { ...given, images: { ...given.images, labels } });
  if (first.status !== 'done' || again.status !== 'done' || changed.status !== 'done') return t.fail('diverged');
  t.deepEqual(again.probabilities, first.probabilities);
  t.deepEqual(changed.folds[0].solutions, first.folds[0].solutions);
  t.is(changed.folds[0].pseudoLabels, first.folds[0].pseudoLabels);
  t.notDeepEqual(changed.folds[1].solutions, first.folds[1].solutions);

  // The scores are those of the images with labels alone, by networks that have learned from more.
  const { pseudoLabels: _, ...without } = given;
  const alone = await crossValidate(two, without);
  if (alone.status !== 'done') return t.fail('diverged');
  for (const [k, fold] of first.folds.entries()) {
    t.true(fold.pseudoLabels! > 0 && fold.pseudoLabels! <= others.count);
    t.deepEqual([fold.train.n, fold.validation.n], [COUNT / 2, COUNT / 2]);
    t.is(fold.epochs.length, 3);
    t.notDeepEqual(fold.solutions, alone.folds[k].solutions);
  }
  t.is(first.outOfFold.n, COUNT);
});

test('images of which the first network is not sure are left out', (t) => {
  const labelled = digits(20);
  const unlabelled = digits(3, 9);
  const joined = joinImages(labelled, { confidence: 0.9, images: unlabelled });
  t.deepEqual(allPixels(joined.images).slice(20 * 784), allPixels(unlabelled).slice());
  t.deepEqual(allPixels(joined.images).slice(0, 20 * 784), allPixels(labelled).slice());
  const sure = (k: number, p: number): number[] => Array.from({ length: 10 }, (_, c) => (c === k ? p : (1 - p) / 9));
  const probabilities = Float32Array.from([...sure(4, 0.95), ...sure(2, 0.5), ...sure(7, 0.91)]);
  const { images, rows } = pseudoLabelled(joined, probabilities, 10, 0.9);
  t.deepEqual([...rows], [20, 22]);
  t.deepEqual([images.labels[20], images.labels[22]], [4, 7]);
  t.deepEqual(images.labels.slice(0, 20), labelled.labels.slice());
  t.deepEqual([...pseudoLabelled(joined, probabilities, 10, 0.99).rows], []);
  const mixed = mixedRows(Uint32Array.of(0, 1, 2, 3), rows, 1);
  t.deepEqual(
    [...mixed].toSorted((a, b) => a - b),
    [0, 1, 2, 3, 20, 22],
  );
});
