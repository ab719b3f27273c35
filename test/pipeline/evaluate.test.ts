import test from 'ava';
import { countCorrect, logLoss, predictedLabels, score } from '../../pipeline/evaluate.ts';
import { averageProbabilities } from '../../pipeline/predict.ts';
import type { LabelledImages } from '../../data/images.ts';
import { createBatches } from '../../pipeline/batches.ts';

test('the standard error of 90 % on 400 images is 1.5 points', (t) => {
  const { accuracy, n, standardError } = score(360, 400);
  t.is(accuracy, 0.9);
  t.is(n, 400);
  t.true(Math.abs(standardError - 0.015) < 1e-12);
});

test('the predicted label is the most probable class, the first of equals', (t) => {
  const probabilities = Float32Array.of(0.2, 0.5, 0.3, 0.4, 0.2, 0.4);
  t.deepEqual([...predictedLabels(probabilities, 3)], [1, 0]);
  t.is(countCorrect([1, 0, 2], [1, 2, 2]), 2);
});

test('log loss is the mean negative log probability of the true class, and NaN for NaN', (t) => {
  const expected = -(Math.log(0.5) + Math.log(0.25)) / 2;
  t.true(Math.abs(logLoss(Float32Array.of(0.5, 0.5, 0.75, 0.25), [0, 1], 2) - expected) < 1e-7);
  t.true(Number.isNaN(logLoss(Float32Array.of(Number.NaN, Number.NaN), [0], 2)));
});

test('an ensemble averages probabilities', (t) => {
  const mean = averageProbabilities([Float32Array.of(1, 0), Float32Array.of(0.5, 0.5)]);
  t.deepEqual([...mean], [0.75, 0.25]);
  t.throws(() => averageProbabilities([]), { instanceOf: RangeError });
});

const images: LabelledImages = {
  shape: { height: 1, width: 1, channels: 1 },
  count: 10,
  pixels: new Uint8Array(new SharedArrayBuffer(10)),
  labels: new Uint16Array(new SharedArrayBuffer(20)),
};
const seedsOf = (seed: number, epoch: number) =>
  Array.from(createBatches(images, 4, seed)(epoch), (batch) => batch.seed);

test('every batch of every epoch has a dropout seed of its own, and the same one again', (t) => {
  const seeds = [...seedsOf(1, 0), ...seedsOf(1, 1), ...seedsOf(2, 0)];
  t.is(new Set(seeds).size, 9);
  t.deepEqual(seedsOf(1, 1), seeds.slice(3, 6));
});
