import test from 'ava';
import { type Collector, type Judge, lastWeights } from '../../pipeline/collector.ts';
import { ema } from '../../pipeline/collectors/ema.ts';
import { snapshots } from '../../pipeline/collectors/snapshots.ts';
import { soup } from '../../pipeline/collectors/soup.ts';
import { averageWeights, swa } from '../../pipeline/collectors/swa.ts';
import { swag } from '../../pipeline/collectors/swag.ts';

/** Averages are summed in float64 and rounded to float32 once. */
const FLOAT32_ROUNDING = 1e-7;

/** Feeds the weights (k, −k) after step k = 0 … steps. */
async function walk(collector: Collector, steps: number, judge: Judge = async () => 0): Promise<Float32Array[]> {
  const weights = new Float32Array(2);
  for (let k = 0; k <= steps; k += 1) {
    weights.set([k, -k]);
    collector.observe(weights, k);
  }
  return collector.result(weights, judge);
}

test('swa average of three points equals their mean', async (t) => {
  t.deepEqual(await walk(swa({ first: 6, every: 2 }), 10), [Float32Array.of(8, -8)]);
});

test('swa counts the starting weights as the first point when asked', async (t) => {
  t.deepEqual(await walk(swa({ first: 4, every: 2 }), 10), [Float32Array.of(7, -7)]);
});

test('swa that never reached a point predicts with the last weights', async (t) => {
  t.deepEqual(await walk(swa({ first: 6, every: 2 }), 5), [Float32Array.of(5, -5)]);
});

test('plain training predicts with the last weights', async (t) => {
  t.deepEqual(await walk(lastWeights(), 3), [Float32Array.of(3, -3)]);
});

test('swa from scratch includes the very first weights only when asked', async (t) => {
  t.deepEqual(await walk(swa({ first: 2, every: 2 }), 4), [Float32Array.of(3, -3)]);
  t.deepEqual(await walk(swa({ first: 0, every: 2 }), 4), [Float32Array.of(2, -2)]);
});

test('swa over saved checkpoints is what the collector averaged on its way', async (t) => {
  const every = 3;
  const checkpoints = await walk(snapshots({ first: 5, every }), 17);
  t.deepEqual([averageWeights(checkpoints)], await walk(swa({ first: 5, every }), 17));
  t.throws(() => averageWeights([]), { instanceOf: RangeError, message: /^Expected at least one checkpoint/ });
});

test('ema is the sum of (1 − d) dⁿ w once its decay no longer rises', async (t) => {
  // With d = 0.5 the rise, (1 + t) / (10 + t), is over after step 8.
  const decay = 0.5;
  const [[early]] = await walk(ema(decay), 8);
  const [[late]] = await walk(ema(decay), 20);
  let expected = early * decay ** 12;
  for (let k = 9; k <= 20; k += 1) expected += (1 - decay) * decay ** (20 - k) * k;
  t.true(Math.abs(late - expected) < FLOAT32_ROUNDING * 20);
});

test('ema begins with the first weights and soon forgets them', async (t) => {
  // a = w₀ = 0; then d = 2/11: a = 9/11; then d = 3/12: a = 0.25 · 9/11 + 0.75 · 2.
  const [[first]] = await walk(ema(0.999), 2);
  t.true(Math.abs(first - (0.25 * 9) / 11 - 1.5) < FLOAT32_ROUNDING);
  t.deepEqual(await walk(ema(0), 7), [Float32Array.of(7, -7)]);
});

test('snapshots keeps copies of the weights at regular steps, or the last where it came to none', async (t) => {
  const kept = await walk(snapshots({ first: 4, every: 3 }), 11);
  t.deepEqual(kept, [Float32Array.of(4, -4), Float32Array.of(7, -7), Float32Array.of(10, -10)]);
  t.deepEqual(await walk(snapshots({ first: 12, every: 3 }), 11), [Float32Array.of(11, -11)]);
});

/** Points of a walk whose first number goes to and fro, and whose second is tied to it. */
const trajectory = [1, 5, 2, 8, 3, 6, 4].map((x, k) => [x, 10 - 2 * x, k === 3 ? 1 : 0]);
const samples = 20_000;

async function gaussianOf(seed: number, draws = samples): Promise<Float32Array[]> {
  const collector = swag({ first: 1, every: 2, samples: draws, seed });
  // Points are the odd steps; what lies between plays no part.
  for (let step = 0; step <= 2 * trajectory.length; step += 1) {
    collector.observe(Float32Array.from(step % 2 === 1 ? trajectory[(step - 1) / 2] : [99, 99, 99]), step);
  }
  return collector.result(new Float32Array(3), async () => 0);
}

test('swag draws from the Gaussian of its paper: mean and covariance of the draws are those of the formula', async (t) => {
  const n = trajectory.length;
  const mean = [0, 1, 2].map((i) => trajectory.reduce((sum, point) => sum + point[i], 0) / n);
  const variance = mean.map((center, i) => trajectory.reduce((sum, point) => sum + point[i] ** 2, 0) / n - center ** 2);
  // Each column of D is a point less the mean of the points up to it.
  const columns = trajectory.map((point, k) =>
    point.map((x, i) => x - trajectory.slice(0, k + 1).reduce((sum, other) => sum + other[i], 0) / (k + 1)),
  );
  const draws = await gaussianOf(1);
  t.is(draws.length, samples);
  for (let i = 0; i < 3; i += 1) {
    const drawn = draws.reduce((sum, draw) => sum + draw[i], 0) / samples;
    // Three standard errors of the mean of so many draws, and a little for small variances.
    t.true(Math.abs(drawn - mean[i]) < 3 * Math.sqrt((4 * variance[i]) / samples) + 1e-3, `mean ${i}`);
    for (let j = 0; j < 3; j += 1) {
      const lowRank = columns.reduce((sum, column) => sum + column[i] * column[j], 0) / (2 * (n - 1));
      const expected = lowRank + (i === j ? variance[i] / 2 : 0);
      const covariance = draws.reduce((sum, draw) => sum + (draw[i] - mean[i]) * (draw[j] - mean[j]), 0) / samples;
      t.true(
        Math.abs(covariance - expected) < 0.05 * Math.sqrt(variance[i] * variance[j]) + 1e-3,
        `${i} ${j}: ${covariance} against ${expected}`,
      );
    }
  }
});

test('the draws of swag depend on the seed alone, and further ones do not change the first', async (t) => {
  const ten = await gaussianOf(3, 10);
  t.deepEqual(await gaussianOf(3, 10), ten);
  t.deepEqual((await gaussianOf(3, 12)).slice(0, 10), ten);
  t.notDeepEqual(await gaussianOf(4, 10), ten);
});

test('swag of one point is that point, and of none the last weights', async (t) => {
  const options = { first: 7, every: 3, samples: 5, seed: 1 };
  t.deepEqual(await walk(swag(options), 8), [Float32Array.of(7, -7)]);
  t.deepEqual(await walk(swag(options), 5), [Float32Array.of(5, -5)]);
  t.is((await walk(swag(options), 10)).length, 5);
});

test('a soup begins with the best point and takes in those that lower no score', async (t) => {
  // Points 3, 6, 9, 12 score by how near they are to 7: 6, then (9 + 6) / 2 = 7.5 is nearer than 6, then 6 with 3 is not.
  const seen: number[] = [];
  const judge: Judge = async ([x]) => {
    seen.push(x);
    return -Math.abs(x - 7);
  };
  const [mixed] = await walk(soup({ first: 3, every: 3 }), 13, judge);
  t.deepEqual(mixed, Float32Array.of(7.5, -7.5));
  // The points; then the best with the others from the best to the worst: 9, 3 and 12.
  t.deepEqual(seen, [3, 6, 9, 12, 7.5, 6, 9]);
});

test('a soup of points of one score is their average, and of scores that are no numbers the last point', async (t) => {
  t.deepEqual(await walk(soup({ first: 3, every: 3 }), 10), [Float32Array.of(6, -6)]);
  t.deepEqual(await walk(soup({ first: 3, every: 3 }), 10, async () => NaN), [Float32Array.of(9, -9)]);
  t.deepEqual(await walk(soup({ first: 30, every: 3 }), 10), [Float32Array.of(10, -10)]);
});
