import test from 'ava';
import { type Collector, lastWeights } from '../../pipeline/collector.ts';
import { ema } from '../../pipeline/collectors/ema.ts';
import { snapshots } from '../../pipeline/collectors/snapshots.ts';
import { averageWeights, swa } from '../../pipeline/collectors/swa.ts';

/** Averages are summed in float64 and rounded to float32 once. */
const FLOAT32_ROUNDING = 1e-7;

/** Feeds the weights (k, −k) after step k = 0 … steps. */
function walk(collector: Collector, steps: number): Float32Array[] {
  const weights = new Float32Array(2);
  for (let k = 0; k <= steps; k += 1) {
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

test('swa from scratch includes the very first weights only when asked', (t) => {
  t.deepEqual(walk(swa({ start: 0, every: 2, includeStart: false }), 4), [Float32Array.of(3, -3)]);
  t.deepEqual(walk(swa({ start: 0, every: 2, includeStart: true }), 4), [Float32Array.of(2, -2)]);
});

test('swa over saved checkpoints is what the collector averaged on its way', (t) => {
  const every = 3;
  const checkpoints = walk(snapshots({ first: 5, every }), 17);
  t.deepEqual([averageWeights(checkpoints)], walk(swa({ start: 5 - every, every, includeStart: false }), 17));
  t.throws(() => averageWeights([]), { instanceOf: RangeError, message: /^Expected at least one checkpoint/ });
});

test('ema is the sum of (1 − d) dⁿ w once its decay no longer rises', (t) => {
  // With d = 0.5 the rise, (1 + t) / (10 + t), is over after step 8.
  const decay = 0.5;
  const [[early]] = walk(ema(decay), 8);
  const [[late]] = walk(ema(decay), 20);
  let expected = early * decay ** 12;
  for (let k = 9; k <= 20; k += 1) expected += (1 - decay) * decay ** (20 - k) * k;
  t.true(Math.abs(late - expected) < FLOAT32_ROUNDING * 20);
});

test('ema begins with the first weights and soon forgets them', (t) => {
  // a = w₀ = 0; then d = 2/11: a = 9/11; then d = 3/12: a = 0.25 · 9/11 + 0.75 · 2.
  const [[first]] = walk(ema(0.999), 2);
  t.true(Math.abs(first - (0.25 * 9) / 11 - 1.5) < FLOAT32_ROUNDING);
  t.deepEqual(walk(ema(0), 7), [Float32Array.of(7, -7)]);
});

test('snapshots keeps copies of the weights at regular steps, or the last where it came to none', (t) => {
  const kept = walk(snapshots({ first: 4, every: 3 }), 11);
  t.deepEqual(kept, [Float32Array.of(4, -4), Float32Array.of(7, -7), Float32Array.of(10, -10)]);
  t.deepEqual(walk(snapshots({ first: 12, every: 3 }), 11), [Float32Array.of(11, -11)]);
});
