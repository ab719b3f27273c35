import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import { type Augmentation, augmentations, augmented, createAugmenter } from '../../data/augment.ts';
import { blend, SHARE_ONE } from '../../data/augment/mixup.ts';
import { augmentationSchema } from '../../pipeline/augment.ts';
import { copyPixels, imageAt, rowReader } from '../../data/images.ts';
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
  t.true(middles.size > 500, `${middles.size}`);
});

/** A value of each amount that has an effect on images that are wide and high enough. */
const amountsOn = Object.keys(none).flatMap((name) => {
  if (name === 'fill') return [];
  const values: unknown[] = [true, 3, 0.3, { strength: 1 }];
  const on = values.flatMap((value) => augmentationSchema.safeParse({ [name]: value }).data ?? []);
  return [{ name, amounts: on.find((amounts) => !isDeepStrictEqual(amounts, none))! }];
});

for (const { name, amounts } of amountsOn) {
  test(`${name} changes pictures by seed, epoch and number, leaves the source alone, and turns no other on`, (t) => {
    const changed = Object.entries(amounts).filter(([key, value]) => !isDeepStrictEqual(value, Object(none)[key]));
    t.deepEqual(
      changed.map(([key]) => key),
      [name],
    );
    const pictures = (seed: number, epoch: number): Uint8Array[] => {
      const source = noiseImages(3072, 2);
      const before = source.slice();
      const augment = createAugmenter(photo, amounts, seed)(epoch);
      const drawn = Array.from({ length: 8 }, (_, image) => {
        const pixels = new Uint8Array(2 * 3072);
        augment.draw(image, source, 0, pixels, 0);
        pixels.set(source.subarray(3072), 3072);
        const share = augment.share(image);
        if (share < SHARE_ONE) blend(pixels, 0, 3072, 3072, share);
        const left = augment.paste(image, pixels, 0, 3072);
        t.true(left >= 0 && left <= 1);
        return pixels.slice(0, 3072);
      });
      t.deepEqual(source, before);
      return drawn;
    };
    const first = pictures(1, 0);
    t.deepEqual(pictures(1, 0), first);
    for (const other of [pictures(2, 0), pictures(1, 1)]) t.notDeepEqual(other, first);
    t.true(new Set(first.map((picture) => Buffer.from(picture).toString('latin1'))).size > 1);
    t.true(first.some((picture) => !isDeepStrictEqual(picture, noiseImages(3072, 2).slice(0, 3072))));
  });
}

test('augmented images are read as the first epoch shows them, in every way in which images are read', (t) => {
  const shape = { height: 6, width: 6, channels: 3 };
  const size = 6 * 6 * 3;
  const pixels = new Uint8Array(new SharedArrayBuffer(4 * size));
  for (let i = 0; i < pixels.length; i += 1) pixels[i] = (i * 37) % 251;
  const images = { shape, count: 3, pixels, rows: Uint32Array.of(2, 0, 3) };
  const amounts = { ...augmentations.colour, mixup: 0.2 };
  const firstEpoch = createAugmenter(shape, { ...amounts, mixup: 0 }, 5)(0);
  const expected = new Uint8Array(3 * size);
  for (const [i, row] of images.rows.entries()) firstEpoch.draw(i, images.pixels, row * size, expected, i * size);
  const seen = augmented(images, amounts, 5);
  const copied = new Uint8Array(2 * size);
  copyPixels(seen, 1, 2, copied);
  t.deepEqual(copied, expected.slice(size));
  const { bytes, find } = rowReader(seen);
  for (let i = 0; i < 3; i += 1) {
    const drawn = expected.slice(i * size, (i + 1) * size);
    t.deepEqual(imageAt(seen, i).slice(), drawn);
    const at = find(i);
    t.deepEqual(bytes.slice(at, at + size), drawn);
  }
  t.is(augmented(images, { ...augmentations.none, mixup: 0.2, fill: 'edge' }, 5), images);
});
