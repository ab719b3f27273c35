import test from 'ava';
import { allPixels, copyPixels, type LabelledImages, pick, view } from '../../data/images.ts';
import { createNetwork } from '../../models/engine/engines.ts';
import { createBatches } from '../../pipeline/batches.ts';
import { augmentations } from '../../data/augment.ts';
import { planOf, smallCnn, someBatch, someWeights } from '../helpers/plans.ts';
import { augmentedRows, lookAtClasses } from '../../data/look.ts';

const plan = await planOf(smallCnn);
const { count, pixels } = someBatch(plan, 12);
const labels = new Uint16Array(new SharedArrayBuffer(2 * count)).fill(1, 5);
const shared = new Uint8Array(new SharedArrayBuffer(pixels.length));
shared.set(pixels);
const images: LabelledImages = { shape: plan.input, count, pixels: shared, labels };
const chosen = Uint32Array.of(11, 3, 4, 0, 7);

test('some images without a copy train, measure and predict as a copy of them does', async (t) => {
  const [seen, copied] = [view(images, chosen), pick(images, chosen)];
  t.is(seen.pixels, images.pixels);
  t.deepEqual([...seen.labels], [...copied.labels]);
  const all = (of: LabelledImages) =>
    Array.from(
      createBatches(of, 2, 1, { augmentation: { ...augmentations.none, mixup: 1 }, classes: 7 })(0),
      (batch) => [...batch.pixels, ...batch.targets!],
    );
  t.deepEqual(all(seen), all(copied));
  for (const engine of ['simd', 'tfjs']) {
    const network = await createNetwork(plan, engine);
    const solutions = [
      await network.measure(someWeights(plan), seen),
      await network.measure(someWeights(plan), copied),
    ];
    t.deepEqual(solutions[0], solutions[1]);
    t.deepEqual(await network.predict(solutions[0], seen), await network.predict(solutions[1], copied));
  }
});

test('a part of a part is found in the images of the whole', (t) => {
  const inner = Uint32Array.of(4, 0);
  const [seen, copied] = [view(view(images, chosen), inner), pick(pick(images, chosen), inner)];
  const found = new Uint8Array(allPixels(copied).length);
  copyPixels(seen, 0, 2, found);
  t.deepEqual([...found], [...allPixels(copied)]);
  t.deepEqual([...allPixels(pick(view(images, chosen), inner))], [...allPixels(copied)]);
});

/** Six images of two pixels, of classes 0 and 2. */
function tiny(): LabelledImages {
  const pixels = new Uint8Array(new SharedArrayBuffer(12));
  pixels.set([0, 10, 4, 20, 0, 0, 5, 31, 9, 9, 6, 1]);
  const labels = new Uint16Array(new SharedArrayBuffer(12));
  labels.set([0, 0, 2, 0, 2, 0]);
  return { shape: { height: 1, width: 2, channels: 1 }, count: 6, pixels, labels };
}

test('classes have their counts, samples spread over the file, and the mean of their images', async (t) => {
  t.deepEqual(await lookAtClasses(tiny(), ['a', 'b', 'c'], 2), [
    { name: 'a', count: 4, samples: [0, 3], mean: Uint8Array.of(4, 16) },
    { name: 'b', count: 0, samples: [], mean: null },
    { name: 'c', count: 2, samples: [2, 4], mean: Uint8Array.of(5, 5) },
  ]);
});

test('an augmentation that does nothing leaves images as they are, and the same one always does the same', (t) => {
  const images = tiny();
  t.deepEqual(augmentedRows(images, [1, 3], augmentations.none), [Uint8Array.of(4, 20), Uint8Array.of(5, 31)]);
  const moved = { ...augmentations.none, shift: 1 };
  t.deepEqual(augmentedRows(images, [0, 1, 3], moved), augmentedRows(images, [0, 1, 3], moved));
  t.notDeepEqual(augmentedRows(images, [0, 1, 3], moved), augmentedRows(images, [0, 1, 3], augmentations.none));
});
