import { createHash } from 'node:crypto';
import test from 'ava';
import { type Augmentation, augmentations, createAugmenter } from '../../data/augment.ts';
import { SHARE_ONE } from '../../data/augment/mixup.ts';
import { random } from '../../numerics/random.ts';

const { none } = augmentations;
const digit = { height: 28, width: 28, channels: 1 };
const photo = { height: 32, width: 32, channels: 3 };
const everything: Augmentation = { ...augmentations.digits, crop: 2, flip: true, fill: 'edge', cutout: 6, mixup: 0.2 };

/** Images of noise, blurred a little by taking the mean of two numbers. */
function noiseImages(size: number, count: number): Uint8Array {
  const stream = random(1, 'augment test');
  return Uint8Array.from({ length: size * count }, () => (stream.integer(256) + stream.integer(256)) / 2);
}

function draw(amounts: Augmentation, shape: typeof digit, image: number, { seed = 1, epoch = 0 } = {}): Uint8Array {
  const size = shape.height * shape.width * shape.channels;
  const source = noiseImages(size, 3);
  const target = new Uint8Array(size);
  createAugmenter(shape, amounts, seed)(epoch).draw(image, source, size, target, 0);
  return target;
}

test('without augmentation an image is copied and not blended', (t) => {
  t.deepEqual(draw(none, photo, 5), noiseImages(3072, 3).subarray(3072, 6144));
  t.is(createAugmenter(photo, none, 1)(0).share(5), SHARE_ONE);
});

test('what becomes of an image depends on seed, epoch and its number, and on nothing drawn before', (t) => {
  const alone = draw(everything, digit, 7, { epoch: 2 });
  const augmenter = createAugmenter(digit, everything, 1);
  const source = noiseImages(784, 3);
  const target = new Uint8Array(784 * 2);
  const other = augmenter(1);
  const epoch = augmenter(2);
  const share = epoch.share(7);
  for (const image of [3, 8, 7, 1]) {
    other.draw(image, source, 0, target, 0);
    epoch.draw(image, source, 0, target, 0);
    epoch.draw(7, source, 784, target, 784);
    t.deepEqual(target.subarray(784), alone);
    t.is(epoch.share(7), share);
  }
  const different = [
    draw(everything, digit, 8, { epoch: 2 }),
    draw(everything, digit, 7, { epoch: 3 }),
    draw(everything, digit, 7, { epoch: 2, seed: 2 }),
  ];
  for (const image of different) t.notDeepEqual(image, alone);
});

test('turning one augmentation on does not change the random numbers of another', (t) => {
  const cropped = draw({ ...none, crop: 3 }, photo, 4);
  const both = draw({ ...none, crop: 3, cutout: 8 }, photo, 4);
  const changed = both.filter((value, k) => value !== cropped[k]);
  t.true(changed.length > 0 && changed.length <= 8 * 8 * 3);
  t.true(changed.every((value) => value === 0));
});

test('the same bytes come out on every machine', (t) => {
  const hash = createHash('sha256');
  for (const [shape, amounts] of [
    [digit, augmentations.digits],
    [digit, everything],
    [photo, everything],
    [photo, augmentations.colour],
  ] as const) {
    for (let image = 0; image < 25; image += 1) {
      hash.update(draw(amounts, shape, image, { epoch: image % 3 }));
      hash.update(String(createAugmenter(shape, amounts, 1)(0).share(image)));
    }
  }
  t.is(hash.digest('hex').slice(0, 32), '122f192f4acc184c85fb766984beaee8');
});

test('cutout blackens one square, in the middle of any pixel, cut at the border', (t) => {
  const augment = createAugmenter(digit, { ...none, cutout: 6 }, 1)(0);
  const white = new Uint8Array(784).fill(255);
  const target = new Uint8Array(784);
  const middles = new Set<string>();
  let whole = 0;
  for (let image = 0; image < 2000; image += 1) {
    augment.draw(image, white, 0, target, 0);
    const black = [...target.keys()].filter((k) => target[k] === 0);
    const columns = new Set(black.map((k) => k % 28));
    const rows = new Set(black.map((k) => Math.floor(k / 28)));
    if (black.length !== columns.size * rows.size) t.fail(`image ${image}: not a rectangle`);
    if (columns.size < 3 || columns.size > 6 || rows.size < 3 || rows.size > 6) t.fail(`image ${image}: wrong size`);
    whole += Number(black.length === 36);
    middles.add(`${Math.min(...columns)} ${Math.min(...rows)}`);
  }
  // The middle is free of the border in 23 × 23 of 28 × 28 places: 1,349 expected, 21 the standard deviation.
  t.true(Math.abs(whole - 1349) < 100, `${whole}`);
  t.true(middles.size > 500);
});
