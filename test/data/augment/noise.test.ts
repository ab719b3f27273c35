import test from 'ava';
import { createNoise, symmetric, threefry, unit } from '../../../data/augment/noise.ts';

const IMAGES = 40_000;

/** Standard deviations that a statistic of good noise stays within; the noise is fixed, so this holds for ever. */
const DEVIATIONS = 5;

/** How far counts are from equally likely: χ² from its mean n − 1 in its standard deviation √(2(n − 1)). */
function unevenness(counts: ArrayLike<number>): number {
  const all = Array.from(counts);
  const expected = all.reduce((sum, count) => sum + count, 0) / all.length;
  const chiSquare = all.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return Math.abs(chiSquare - (all.length - 1)) / Math.sqrt(2 * (all.length - 1));
}

const words = new Int32Array(2);

test('the cipher gives the known answers of its authors', (t) => {
  // kat_vectors of Random123 1.14, threefry2x32 with 20 rounds: counter, key, answer.
  const known = [
    [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xc4923a9c, 0x483df7a0],
  ];
  for (const [counter0, counter1, key0, key1, answer0, answer1] of known) {
    threefry(key0, key1)(counter0, counter1, words);
    t.deepEqual([words[0] >>> 0, words[1] >>> 0], [answer0, answer1]);
  }
});

test('another seed or name gives another noise, the same ones the same', (t) => {
  const first = (seed: number, ...name: (string | number)[]): string => {
    createNoise(seed, ...name)(7, 0, words);
    return words.join();
  };
  t.is(first(1, 'shift', 0), first(1, 'shift', 0));
  t.is(new Set([first(1, 'shift', 0), first(2, 'shift', 0), first(1, 'shift', 1), first(1, 'zoom', 0)]).size, 4);
});

test('every byte of both words is uniform over the images', (t) => {
  const noise = createNoise(1, 'bytes');
  const counts = Array.from({ length: 8 }, () => new Uint32Array(256));
  for (let image = 0; image < IMAGES; image += 1) {
    noise(image, 0, words);
    for (let byte = 0; byte < 8; byte += 1) counts[byte][(words[byte >> 2] >>> (8 * (byte & 3))) & 255] += 1;
  }
  for (const [byte, count] of counts.entries()) t.true(unevenness(count) < DEVIATIONS, `byte ${byte}`);
});

for (const [what, other] of Object.entries({
  'the image before': [(image: number) => image - 1, () => 0],
  'the next index of the same image': [(image: number) => image, () => 1],
} satisfies Record<string, [(image: number) => number, () => number]>)) {
  test(`pairs of an image's number and that of ${what} are uniform in the square`, (t) => {
    const noise = createNoise(1, 'pairs');
    const counts = new Uint32Array(256);
    for (let image = 1; image <= IMAGES; image += 1) {
      noise(image, 0, words);
      const high = (words[0] >>> 28) << 4;
      noise(other[0](image), other[1](), words);
      counts[high | (words[0] >>> 28)] += 1;
    }
    t.true(unevenness(counts) < DEVIATIONS);
  });
}

test('a changed bit of image, index or key changes each bit of the words half of the time', (t) => {
  const samples = 4000;
  const changes = new Uint32Array(64);
  const other = new Int32Array(2);
  for (let sample = 0; sample < samples; sample += 1) {
    const bit = 1 << (sample % 16);
    threefry(sample, 1)(sample, 3, words);
    [
      () => threefry(sample, 1)(sample ^ bit, 3, other),
      () => threefry(sample, 1)(sample, 3 ^ bit, other),
      () => threefry(sample ^ bit, 1)(sample, 3, other),
    ][sample % 3]();
    for (let k = 0; k < 64; k += 1) changes[k] += ((words[k >> 5] ^ other[k >> 5]) >>> (k & 31)) & 1;
  }
  const deviation = Math.sqrt(samples) / 2;
  for (const [bit, count] of changes.entries()) {
    t.true(Math.abs(count - samples / 2) < DEVIATIONS * deviation, `bit ${bit}: ${count} of ${samples}`);
  }
});

test('numbers lie within their open intervals, and symmetric ones about 0', (t) => {
  const [least, most] = [-(2 ** 31), 2 ** 31 - 1];
  t.true(unit(least) > 0 && unit(most) < 1);
  t.true(symmetric(least) > -1 && symmetric(most) < 1);
  t.is(symmetric(least), -symmetric(most));
  t.is(unit(0), 0.5 + 2 ** -33);
});
