import test from 'ava';
import { augmentations } from '../../data/augment.ts';
import { augmentedRows, lookAtClasses } from '../../data/look.ts';
import type { LabelledImages } from '../../data/images.ts';

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
