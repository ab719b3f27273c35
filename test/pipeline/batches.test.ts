import test from 'ava';
import { type Augmentation, augmentations } from '../../data/augment.ts';
import { allPixels, type LabelledImages } from '../../data/images.ts';
import { random } from '../../numerics/random.ts';
import { balancedWeights, createBatches } from '../../pipeline/batches.ts';

const shape = { height: 6, width: 5, channels: 1 };
const size = 30;
const classes = 4;
/** Rounding error of targets between 0 and 1. */
const FLOAT32_ROUNDING = 1e-7;
const { none } = augmentations;
const moved: Augmentation = { ...none, shift: 1.5, rotate: 20, elastic: { strength: 0.5, spacing: 3 } };

/** Image i is of class i mod 4 and begins with byte i. */
function numbered(count: number): LabelledImages {
  const stream = random(1, 'batches test');
  const pixels = new Uint8Array(new SharedArrayBuffer(count * size));
  const labels = new Uint16Array(new SharedArrayBuffer(count * 2));
  for (let k = 0; k < pixels.length; k += 1) pixels[k] = k % size === 0 ? k / size : stream.integer(256);
  for (let i = 0; i < count; i += 1) labels[i] = i % classes;
  return { shape, count, pixels, labels };
}

/** All batches of an epoch, one after the other. */
function epochOf(batchSize: number, augmentation: Augmentation, epoch = 0, count = 23, labelSmoothing = 0) {
  const pixels: number[] = [];
  const labels: number[] = [];
  const targets: number[] = [];
  const counts: number[] = [];
  for (const batch of createBatches(numbered(count), batchSize, 3, { augmentation, classes, labelSmoothing })(epoch)) {
    pixels.push(...batch.pixels.subarray(0, batch.count * size));
    labels.push(...batch.labels.subarray(0, batch.count));
    targets.push(...(batch.targets?.subarray(0, batch.count * classes) ?? []));
    counts.push(batch.count);
  }
  return { pixels, labels, targets, counts };
}

test('an epoch shows every image once, in batches of the given size and a rest', (t) => {
  const { pixels, labels, targets, counts } = epochOf(5, none);
  t.deepEqual(counts, [5, 5, 5, 5, 3]);
  const order = labels.map((_, i) => pixels[i * size]);
  t.deepEqual(
    order.toSorted((a, b) => a - b),
    Array.from({ length: 23 }, (_, i) => i),
  );
  const images = numbered(23);
  for (const [i, image] of order.entries()) {
    t.deepEqual(pixels.slice(i * size, (i + 1) * size), [
      ...allPixels(images).subarray(image * size, (image + 1) * size),
    ]);
    t.is(labels[i], image % classes);
  }
  t.deepEqual(targets, []);
});

test('no augmentation given is none', (t) => {
  const [first] = createBatches(numbered(23), 23, 3)(0);
  t.deepEqual([...first.pixels], epochOf(23, none).pixels);
});

for (const [name, augmentation] of Object.entries({
  moved,
  mixed: { ...none, mixup: 0.4 },
  'moved and mixed': { ...moved, mixup: 1 },
  'moved, mixed and cut': { ...moved, mixup: 1, cutmix: 1 },
})) {
  test(`an epoch of ${name} images is the same in batches of any size, and another the next time`, (t) => {
    const { counts: _, ...whole } = epochOf(23, augmentation, 4);
    for (const batchSize of [1, 2, 7, 100]) t.like(epochOf(batchSize, augmentation, 4), whole);
    t.notDeepEqual(epochOf(23, augmentation, 5).pixels, whole.pixels);
  });
}

test('mixup blends each image and its target with the next of the epoch by the same share, the last with the first', (t) => {
  const clean = epochOf(5, moved, 1);
  const { pixels, labels, targets } = epochOf(5, { ...moved, mixup: 1 }, 1);
  t.deepEqual(labels, clean.labels);
  for (const [i, label] of labels.entries()) {
    const next = (i + 1) % labels.length;
    const target = targets.slice(i * classes, (i + 1) * classes);
    const other = labels[next];
    if (label === other) {
      t.deepEqual(
        target,
        [0, 1, 2, 3].map((k) => Number(k === label)),
      );
      continue;
    }
    const own = target[label];
    // A float32 holds a multiple of 2⁻¹⁶ below 1 exactly.
    t.is(own + target[other], 1);
    t.is(target.filter((probability) => probability > 0).length, 2);
    for (let k = 0; k < size; k += 1) {
      const blended = own * clean.pixels[i * size + k] + (1 - own) * clean.pixels[next * size + k];
      t.is(pixels[i * size + k], Math.floor(blended + 0.5));
    }
  }
});

test('cutmix shows the next image of the epoch in a box, and its share in the target, over what mixup made', (t) => {
  const clean = epochOf(5, none, 1);
  const { pixels, targets } = epochOf(5, { ...none, cutmix: 1 }, 1);
  const both = epochOf(5, { ...none, cutmix: 1, mixup: 1 }, 1);
  const mixed = epochOf(5, { ...none, mixup: 1 }, 1);
  for (const [i, label] of clean.labels.entries()) {
    const next = (i + 1) % clean.labels.length;
    const other = clean.labels[next];
    const places = Array.from({ length: size }, (_, k) => k);
    const isOther = places.map((k) => pixels[i * size + k] === clean.pixels[next * size + k]);
    for (const k of places) if (!isOther[k]) t.is(pixels[i * size + k], clean.pixels[i * size + k]);
    if (label === other) continue;
    // Pixels that are alike in both images count as the other's.
    const area = isOther.filter(Boolean).length / size;
    const share = targets[i * classes + label];
    t.true(share >= 1 - area - FLOAT32_ROUNDING, `${share}`);
    t.true(Math.abs(share + targets[i * classes + other] - 1) < FLOAT32_ROUNDING);
    t.true(Math.abs(both.targets[i * classes + label] - share * mixed.targets[i * classes + label]) < FLOAT32_ROUNDING);
  }
});

test('one image alone is blended with itself', (t) => {
  const { pixels, targets } = epochOf(8, { ...none, mixup: 1 }, 0, 1);
  t.deepEqual(pixels, [...allPixels(numbered(1))]);
  t.deepEqual(targets, [1, 0, 0, 0]);
});

test('label smoothing moves a share of every target evenly to all classes, and the images stay', (t) => {
  const clean = epochOf(5, none);
  const { targets, ...others } = epochOf(5, none, 0, 23, 0.125);
  t.like(others, { pixels: clean.pixels, labels: clean.labels, counts: clean.counts });
  // Multiples of 1/32, which float32 holds exactly.
  const expected = clean.labels.flatMap((label) => [0, 1, 2, 3].map((k) => (k === label ? 0.90625 : 0.03125)));
  t.deepEqual(targets, expected);
});

test('label smoothing goes over what mixup made', (t) => {
  const mixed = epochOf(5, { ...none, mixup: 1 }).targets;
  const smoothed = epochOf(5, { ...none, mixup: 1 }, 0, 23, 0.125).targets;
  for (const [i, target] of mixed.entries())
    t.true(Math.abs(smoothed[i] - (0.875 * target + 0.03125)) < FLOAT32_ROUNDING);
});

test('balanced weights are n / (k · n of the class), as scikit-learn has them, and a class without images has none', (t) => {
  // compute_class_weight('balanced', classes=[0, 1, 3], y=[0, 0, 0, 0, 0, 1, 1, 3]) of scikit-learn 1.4.
  t.deepEqual([...balancedWeights([0, 0, 0, 0, 0, 1, 1, 3], 4)], [8 / 15, 8 / 6, 0, 8 / 3]);
});

test('each image of a batch counts as its class does, a mixed one as its two parts', (t) => {
  const weightsOf = (augmentation: Augmentation, classWeights: 'none' | 'balanced') =>
    Array.from(createBatches(numbered(6), 6, 3, { augmentation, classes, classWeights })(0), (batch) => ({
      weights: batch.weights && [...batch.weights],
      labels: [...batch.labels],
      targets: batch.targets && [...batch.targets],
    }))[0];
  t.is(weightsOf(none, 'none').weights, undefined);
  // Two images each of the classes 0 and 1, one each of 2 and 3.
  const byClass = [6 / 8, 6 / 8, 6 / 4, 6 / 4];
  const { labels, weights } = weightsOf(none, 'balanced');
  t.deepEqual(
    weights,
    labels.map((label) => byClass[label]),
  );
  const mixed = weightsOf({ ...none, mixup: 1 }, 'balanced');
  for (const [i, weight] of mixed.weights!.entries()) {
    const expected = byClass.reduce((sum, own, k) => sum + own * mixed.targets![i * classes + k], 0);
    t.true(Math.abs(weight - expected) < 2 * FLOAT32_ROUNDING, `${weight} beside ${expected}`);
  }
});
