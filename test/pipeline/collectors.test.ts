import test from 'ava';
import { lastWeights } from '../../pipeline/collector.ts';
import { swa } from '../../pipeline/collectors/swa.ts';

/** Feeds the weights (k, −k) after step k = 1 … steps. */
function walk(collector: ReturnType<typeof swa>, steps: number): Float32Array[] {
  const weights = new Float32Array(2);
  for (let k = 1; k <= steps; k += 1) {
    weights.set([k, -k]);
    collector.observe(weights, k);
  }
  return collector.result(weights);
}

test('swa average of three points equals their mean', (t) => {
  t.deepEqual(walk(swa({ start: 4, every: 2, includeStart: false }), 10), [Float32Array.of(8, -8)]);
});

test('swa counts the starting weights as the first point when asked', (t) => {
  t.deepEqual(walk(swa({ start: 4, every: 2, includeStart: true }), 10), [Float32Array.of(7, -7)]);
});

test('swa that never reached a point predicts with the last weights', (t) => {
  t.deepEqual(walk(swa({ start: 4, every: 2, includeStart: false }), 5), [Float32Array.of(5, -5)]);
});

test('plain training predicts with the last weights', (t) => {
  t.deepEqual(walk(lastWeights(), 3), [Float32Array.of(3, -3)]);
});
