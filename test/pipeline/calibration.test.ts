import test from 'ava';
import { calibrationOf } from '../../pipeline/calibration.ts';

/** Probabilities are 32-bit floats. */
const FLOAT32 = 1e-6;

test('the calibration error is the mean distance of confidence and accuracy over the images', (t) => {
  const { bins, error } = calibrationOf(Float32Array.of(0.9, 0.1, 0.2, 0.8, 0.4, 0.6, 0.05, 0.95), [0, 0, 1, 0], 2, 2);
  t.deepEqual(
    bins.map(({ from, to, count, accuracy }) => [from, to, count, accuracy]),
    [
      [0.5, 0.75, 1, 1],
      [0.75, 1, 3, 1 / 3],
    ],
  );
  // ¼ |1 − .6| + ¾ |⅓ − (.9 + .8 + .95) / 3|
  t.true(Math.abs(error - (0.4 + 1.65) / 4) < FLOAT32);
});

test('a bin without images has neither confidence nor accuracy', (t) => {
  const [first] = calibrationOf(Float32Array.of(1, 0), [0], 2).bins;
  t.deepEqual([first.count, first.confidence, first.accuracy], [0, null, null]);
});
