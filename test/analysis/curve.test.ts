import test from 'ava';
import { alongCurve, barrier, curvePoint, curves, trainCurve } from '../../analysis/curve.ts';
import { createNetwork } from '../../models/engine/engines.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import type { Batch } from '../../models/engine/network.ts';
import type { Gradient } from '../../pipeline/gradient.ts';
import { initialWeights } from '../../models/engine/layout.ts';
import { plain } from '../../pipeline/methods/plain.ts';
import { digits, shape } from '../pipeline/digits.ts';

const FLOAT32_ROUNDING = 1e-5;
/** Central differences of a float32 loss of order 1 at a step of 1e-2. */
const SLOPE_ERROR = 1e-3;

const ends = [Float32Array.of(0, 0), Float32Array.of(2, 0)] as const;
const bend = Float32Array.of(1, 2);

for (const [name, curve] of Object.entries(curves)) {
  test(`a ${name} curve leads from one end to the other, by shares that sum to 1`, (t) => {
    t.deepEqual(curvePoint(curve, ends, bend, 0), ends[0]);
    t.deepEqual(curvePoint(curve, ends, bend, 1), ends[1]);
    for (const at of [0, 0.2, 0.5, 0.9, 1]) {
      const [first, middle, second] = curve(at);
      t.true(Math.abs(first + middle + second - 1) < FLOAT32_ROUNDING);
    }
    t.true(Math.abs(curvePoint(curve, ends, bend, 0.5)[1] - (name === 'bezier' ? 1 : 2)) < FLOAT32_ROUNDING);
  });

  test(`the gradient of a ${name} curve is the slope of the loss in its bend`, async (t) => {
    const loss = ([x, y]: Float32Array): number => Math.sin(x) * y + y * y;
    const inner: Gradient = (w, _batch, g) => {
      g.set([Math.cos(w[0]) * w[1], Math.sin(w[0]) + 2 * w[1]]);
      return loss(w);
    };
    for (const at of [0.3, 0.5, 0.8]) {
      const gradient = new Float32Array(2);
      await alongCurve(inner, curve, ends, () => at)(bend, {} as Batch, gradient);
      for (const i of [0, 1]) {
        const [plus, minus] = [0.01, -0.01].map((step) => {
          const moved = bend.map((w, k) => (k === i ? w + step : w));
          return loss(curvePoint(curve, ends, moved, at));
        });
        t.true(Math.abs(gradient[i] - (plus - minus) / 0.02) < SLOPE_ERROR);
      }
    }
  });

  test(`training bends a ${name} curve around the hill between two networks, the same way each time`, async (t) => {
    const plan = await loadPlan('digit-cnn', shape, 10);
    const network = await createNetwork(plan, 'simd');
    const task = {
      network,
      curve: name as keyof typeof curves,
      ends: [initialWeights(plan, 1), initialWeights(plan, 2)] as const,
      images: digits(100),
      parameters: { ...plain.defaults, learningRate: 0.05, batchSize: 20 },
      epochs: 8,
      seed: 1,
    };
    const outcome = await trainCurve(task);
    if (outcome.status !== 'done') return t.fail();
    t.true(outcome.losses[7] < outcome.losses[0]);
    t.deepEqual(await trainCurve(task), outcome);
  });
}

test('a curve whose loss is not finite says when', async (t) => {
  const plan = await loadPlan('digit-cnn', shape, 10);
  const task = {
    network: await createNetwork(plan, 'simd'),
    curve: 'bezier',
    ends: [initialWeights(plan, 1), initialWeights(plan, 2)],
    images: digits(40),
    parameters: { ...plain.defaults, learningRate: 1e30, batchSize: 20 },
    epochs: 2,
    seed: 1,
  } as const;
  t.deepEqual(await trainCurve(task), { status: 'diverged', epoch: 0 });
});

test('a barrier is what stands above the higher end', (t) => {
  t.is(barrier([1, 5, 2]), 3);
  t.is(barrier([1, 1.5, 2]), 0);
});
