import test from 'ava';
import { noisyLabels, withLabels } from '../../data/labels.ts';
import type { LabelledImages } from '../../data/images.ts';

const CLASSES = 10;
/** Standard deviations that a count of good random labels stays within; the seed is fixed, so this holds for ever. */
const DEVIATIONS = 4;

function labelled(count: number): LabelledImages {
  const labels = new Uint16Array(new SharedArrayBuffer(count * 2));
  for (let i = 0; i < count; i += 1) labels[i] = i % CLASSES;
  const pixels = new Uint8Array(new SharedArrayBuffer(count));
  return { shape: { height: 1, width: 1, channels: 1 }, count, pixels, labels };
}

const images = labelled(20_000);
const wrong = (noisy: LabelledImages): number[] =>
  [...noisy.labels.keys()].filter((i) => noisy.labels[i] !== images.labels[i]);

test('symmetric noise gives a share of the images a label drawn evenly from all classes', (t) => {
  for (const share of [0.2, 0.4, 0.6, 0.8]) {
    const changed = wrong(noisyLabels(images, share, CLASSES, 1));
    // A tenth of the chosen labels happens to get its own class again.
    const chosen = share * images.count;
    t.true(Math.abs(changed.length - 0.9 * chosen) < DEVIATIONS * Math.sqrt(0.09 * chosen), `${changed.length}`);
    const noisy = noisyLabels(images, share, CLASSES, 1);
    for (let k = 0; k < CLASSES; k += 1) {
      const to = changed.filter((i) => noisy.labels[i] === k).length;
      const from = changed.filter((i) => images.labels[i] === k).length;
      for (const count of [to, from]) {
        t.true(Math.abs(count - changed.length / CLASSES) < DEVIATIONS * Math.sqrt(changed.length / CLASSES));
      }
    }
  }
});

test('noise depends on the seed alone, and more of it keeps what less of it changed', (t) => {
  const [some, more] = [0.2, 0.6].map((share) => noisyLabels(images, share, CLASSES, 1));
  t.deepEqual(noisyLabels(images, 0.2, CLASSES, 1).labels, some.labels);
  t.notDeepEqual(noisyLabels(images, 0.2, CLASSES, 2).labels, some.labels);
  for (const i of wrong(some)) t.is(more.labels[i], some.labels[i]);
});

test('no noise changes nothing, and the given images are never touched', (t) => {
  const before = [...images.labels];
  t.deepEqual(wrong(noisyLabels(images, 0, CLASSES, 1)), []);
  noisyLabels(images, 1, CLASSES, 1);
  t.deepEqual([...images.labels], before);
});

test('exchanged labels belong to the same images', (t) => {
  const few = labelled(3);
  const exchanged = withLabels(few, [7, 8, 9]);
  t.deepEqual([...exchanged.labels], [7, 8, 9]);
  t.deepEqual([...few.labels], [0, 1, 2]);
  t.is(exchanged.pixels, few.pixels);
});
