import test from 'ava';
import type { LabelledImages } from '../../data/images.ts';
import { oddities } from '../../data/oddities.ts';

const classes = ['a', 'b'];

/** Images of two pixels in one or more channels. */
function imagesOf(rows: readonly (readonly number[])[], labels: readonly number[], channels = 1): LabelledImages {
  const pixels = new Uint8Array(new SharedArrayBuffer(2 * channels * rows.length));
  pixels.set(rows.flat());
  const shared = new Uint16Array(new SharedArrayBuffer(2 * rows.length));
  shared.set(labels);
  return { shape: { height: 1, width: 2, channels }, count: rows.length, pixels, labels: shared };
}

const [p, q, r, blank] = [
  [1, 2],
  [2, 1],
  [3, 1],
  [7, 7],
];
const plain = imagesOf([p, q], [0, 1]);
const cases: [what: string, train: LabelledImages, test: LabelledImages | null, expected: string[]][] = [
  ['nothing odd', plain, imagesOf([r], [0]), []],
  ['no test images', plain, null, []],
  ['one image', imagesOf([p], [0]), null, []],
  [
    'copies',
    imagesOf([p, q, p, p], [0, 1, 0, 1]),
    null,
    ['2 of the 4 training images repeat another one, 1 of them with another class.'],
  ],
  [
    'copies of the same class',
    imagesOf([p, q, q], [0, 1, 1]),
    null,
    ['1 of the 3 training images repeats another one.'],
  ],
  [
    'one image many times',
    imagesOf([p, p, p], [0, 1, 0]),
    null,
    ['All 3 training images are the same: nothing can be learnt from them.'],
  ],
  [
    'one class',
    imagesOf([p, q], [1, 1]),
    null,
    ['All 2 training images are of class b: nothing can be learnt from them.'],
  ],
  [
    'a blank image',
    imagesOf([p, blank], [0, 1]),
    null,
    ['1 of the 2 training images is blank, with all pixels the same.'],
  ],
  [
    'blank colours',
    imagesOf(
      [
        [1, 2, 3, 1, 2, 3],
        [1, 1, 1, 2, 2, 2],
      ],
      [0, 1],
      3,
    ),
    null,
    ['1 of the 2 training images is blank, with all pixels the same.'],
  ],
  [
    'known test images',
    plain,
    imagesOf([q, r, q], [0, 0, 0]),
    ['2 of the 3 test images are among the training images too.'],
  ],
  [
    'blank test images',
    plain,
    imagesOf([blank, blank], [0, 0]),
    ['All 2 test images are the same.', 'All 2 test images are blank, with all pixels the same.'],
  ],
];

for (const [what, train, tested, expected] of cases) {
  test(`${what}: told in sentences, or not at all`, async (t) => {
    t.deepEqual(await oddities(train, tested, classes), expected);
  });
}
