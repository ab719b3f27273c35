import test from 'ava';
import type { LabelledImages } from '../../data/images.ts';
import { createBatches } from '../../pipeline/batches.ts';

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
