import test from 'ava';
import { nearestImages } from '../../data/nearest.ts';
import { digits } from '../pipeline/digits.ts';

test('the nearest images are those that comparing all with all finds, in its order, and never the image itself', async (t) => {
  const images = digits(60);
  const pixels = images.pixels as Uint8Array;
  const size = images.shape.height * images.shape.width;
  const apart = (a: number, b: number): number => {
    let sum = 0;
    for (let i = 0; i < size; i += 1) sum += (pixels[a * size + i] - pixels[b * size + i]) ** 2;
    return Math.sqrt(sum / size) / 255;
  };
  // The same image twice: the earlier one comes first.
  pixels.copyWithin(9 * size, 4 * size, 5 * size);
  const rows = [4, 17, 59];
  const found = await nearestImages(images, rows, 7);
  for (const [i, row] of rows.entries()) {
    const all = Array.from({ length: images.count }, (_, other) => ({ row: other, distance: apart(row, other) }));
    const expected = all.filter((one) => one.row !== row).toSorted((a, b) => a.distance - b.distance);
    t.deepEqual(found[i], expected.slice(0, 7));
  }
  t.deepEqual(found[0][0], { row: 9, distance: 0 });
  t.is((await nearestImages(images, [0], 100))[0].length, 59);
});
