import test from 'ava';
import { createPaste } from '../../../data/augment/cutmix.ts';

const shape = { height: 20, width: 30, channels: 3 };
const size = 1800;
const IMAGES = 5000;

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
  for (let image = 0; image < IMAGES; image += 1) {
    const { share, area, columns, rows, partner } = pasted(paste, image);
    if (area !== columns.size * rows.size) t.fail(`image ${image}: not a rectangle`);
    if (share !== 1 - area / 600) t.fail(`image ${image}: ${share} for a box of ${area}`);
    if (partner.some((value) => value !== 2)) t.fail(`image ${image}: the other image changed`);
    mean += share / IMAGES;
    whole += Number(area === 600);
  }
  // Half of each picture before boxes are cut at the border; of a box of side r, on average r − r²/4 of each axis is left.
  const expected = 1 - meanOf((u) => inside(Math.sqrt(u)) ** 2);
  t.true(Math.abs(mean - expected) < 0.05, `${mean} against ${expected}`);
  t.true(whole < IMAGES / 100, `${whole}`);
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
