import test from 'ava';
import * as fc from 'fast-check';
import { blend, createShares, LARGEST_ALPHA, SHARE_ONE, SMALLEST_ALPHA } from '../../../data/augment/mixup.ts';
import { power } from '../../../numerics/elementary.ts';
import { createPaste } from '../../../data/augment/cutmix.ts';

/** Relative; `Math.pow` is exact to the last bit or two, ours loses some for large exponents. */
const POWER_TOLERANCE = 1e-12;
const IMAGES = 20_000;
/** Standard errors of a mean of 20,000 that the fixed noise stays within. */
const DEVIATIONS = 4;

test('a power is that of Math.pow, and 0 where it underflows', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 33 }),
      fc.double({ min: 1 / LARGEST_ALPHA, max: 1 / SMALLEST_ALPHA, noNaN: true }),
      (numerator, y) => {
        const x = numerator / 2 ** 33;
        const expected = x ** y;
        // Below the normal numbers there are no relative errors to speak of.
        return Math.abs(power(x, y) - expected) <= Math.max(POWER_TOLERANCE * expected, 2 ** -1022);
      },
    ),
  );
  t.is(power(1, 5), 1);
  t.is(power(0.5, 1), 0.5);
  t.is(power(2 ** -33, 100), 0);
});

for (const alpha of [SMALLEST_ALPHA, 0.2, 1, LARGEST_ALPHA]) {
  test(`shares of α = ${alpha} have the mean, variance and fourth moment of Beta(α, α)`, (t) => {
    const share = createShares(alpha, 1)(0);
    let [mean, variance, fourth] = [0, 0, 0];
    for (let image = 0; image < IMAGES; image += 1) {
      const own = share(image);
      if (!Number.isInteger(own) || own < 0 || own > SHARE_ONE) t.fail(`share ${own}`);
      const distance = own / SHARE_ONE - 0.5;
      mean += distance / IMAGES;
      variance += distance ** 2 / IMAGES;
      fourth += distance ** 4 / IMAGES;
    }
    const exactVariance = 1 / (4 * (2 * alpha + 1));
    const exactFourth = 3 / (16 * (2 * alpha + 1) * (2 * alpha + 3));
    const meanError = Math.sqrt(exactVariance / IMAGES);
    const varianceError = Math.sqrt((exactFourth - exactVariance ** 2) / IMAGES);
    t.true(Math.abs(mean) < DEVIATIONS * meanError, `mean ${mean}`);
    t.true(Math.abs(variance - exactVariance) < DEVIATIONS * varianceError, `variance ${variance}`);
    // A fourth power here is at most 1/16, so its variance is at most a sixteenth of its mean.
    const fourthError = Math.sqrt(exactFourth / 16 / IMAGES);
    t.true(Math.abs(fourth - exactFourth) < DEVIATIONS * fourthError, `fourth moment ${fourth}`);
  });
}

test('a blend is the weighted mean of two images, rounded', (t) => {
  const pixels = Uint8Array.of(0, 255, 100, 7, 255, 0, 101, 7, 9);
  blend(pixels, 0, 4, 4, SHARE_ONE / 4);
  t.deepEqual([...pixels], [191, 64, 101, 7, 255, 0, 101, 7, 9]);
});

test('every byte of a blend is rounded by itself, at any place and length', (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 23 }),
      fc.nat({ max: 3 }),
      fc.nat({ max: SHARE_ONE }),
      (own, at, share) => {
        const other = own.map((byte, k) => (k % 2 === 0 ? 255 - byte : byte * 5));
        const pixels = Uint8Array.of(...new Uint8Array(at).fill(9), ...own, ...other, 9);
        blend(pixels, at, at + own.length, own.length, share);
        const expected = [...own].map((byte, k) => {
          const mean = (share * byte + (SHARE_ONE - share) * other[k]) / SHARE_ONE;
          return Math.floor(mean + 0.5);
        });
        t.deepEqual([...pixels], [...new Uint8Array(at).fill(9), ...expected, ...other, 9]);
      },
    ),
  );
});

test('a share of 1 leaves an image as it is, a share of 0 makes it the other one', (t) => {
  const pixels = Uint8Array.from({ length: 512 }, (_, k) => (k < 256 ? k : 511 - k));
  const before = pixels.slice();
  blend(pixels, 0, 256, 256, SHARE_ONE);
  t.deepEqual(pixels, before);
  blend(pixels, 0, 256, 256, 0);
  t.deepEqual(pixels.subarray(0, 256), before.subarray(256));
});

const shape = { height: 20, width: 30, channels: 3 };
const size = 1800;
const CUT_IMAGES = 5000;

/** An image of ones with a box of an image of twos. @returns the box in pixels, and what was said of the share */
function pasted(paste: ReturnType<ReturnType<typeof createPaste>>, image: number) {
  const pixels = new Uint8Array(2 * size).fill(1, 0, size).fill(2, size);
  const share = paste(image, pixels, 0, size);
  const places = [...pixels.subarray(0, size).keys()].filter((k) => pixels[k] === 2).map((k) => Math.floor(k / 3));
  const columns = new Set(places.map((place) => place % 30));
  const rows = new Set(places.map((place) => Math.floor(place / 30)));
  return { share, area: places.length / 3, columns, rows, partner: pixels.subarray(size) };
}

test('cutmix pastes one box of all channels, leaves the other image alone, and says the share that is left', (t) => {
  const paste = createPaste(shape, 1, 1)(0);
  let [mean, whole] = [0, 0];
  for (let image = 0; image < CUT_IMAGES; image += 1) {
    const { share, area, columns, rows, partner } = pasted(paste, image);
    if (area !== columns.size * rows.size) t.fail(`image ${image}: not a rectangle`);
    if (share !== 1 - area / 600) t.fail(`image ${image}: ${share} for a box of ${area}`);
    if (partner.some((value) => value !== 2)) t.fail(`image ${image}: the other image changed`);
    mean += share / CUT_IMAGES;
    whole += Number(area === 600);
  }
  // Half of each picture before boxes are cut at the border; of a box of side r, on average r − r²/4 of each axis is left.
  const expected = 1 - meanOf((u) => inside(Math.sqrt(u)) ** 2);
  t.true(Math.abs(mean - expected) < 0.05, `${mean} against ${expected}`);
  t.true(whole < CUT_IMAGES / 100, `${whole}`);
});

const inside = (ratio: number): number => ratio - ratio ** 2 / 4;
/** The mean of a function over 0 … 1. */
const meanOf = (f: (u: number) => number): number =>
  Array.from({ length: 1000 }, (_, i) => f((i + 0.5) / 1000)).reduce((sum, value) => sum + value / 1000, 0);

test('a box depends on seed, epoch and image', (t) => {
  const boxOf = (seed: number, epoch: number, image: number): string => {
    const { columns, rows } = pasted(createPaste(shape, 1, seed)(epoch), image);
    return `${[...columns].join(' ')} | ${[...rows].join(' ')}`;
  };
  t.is(boxOf(1, 2, 3), boxOf(1, 2, 3));
  t.is(new Set([boxOf(1, 2, 3), boxOf(2, 2, 3), boxOf(1, 3, 3), boxOf(1, 2, 4)]).size, 4);
});
