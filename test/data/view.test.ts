import test from 'ava';
import { allPixels, copyPixels, type LabelledImages, pick, view } from '../../data/images.ts';
import { createNetwork } from '../../models/engine/engines.ts';
import { createBatches } from '../../pipeline/batches.ts';
import { augmentations } from '../../data/augment.ts';
import { planOf, smallCnn, someBatch, someWeights } from '../helpers/plans.ts';

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
