import test from 'ava';
import type { Optimizer } from '../../pipeline/optimizer.ts';
import { l2 } from '../../pipeline/gradients.ts';
import { sgd } from '../../pipeline/optimizers/sgd.ts';

/** Weights and gradients are float32. */
const FLOAT32_ROUNDING = 1e-6;

function run(optimizer: Optimizer, gradients: number[], learningRate: number): number {
  const update = optimizer(1);
  const w = Float32Array.of(1);
  for (const g of gradients) update(w, Float32Array.of(g), learningRate);
  return w[0];
}

test('plain sgd subtracts the learning rate times the gradient', (t) => {
  t.true(Math.abs(run(sgd({ momentum: 0, nesterov: false }), [2, 3], 0.1) - 0.5) < FLOAT32_ROUNDING);
});

test('momentum keeps a decayed sum of gradients', (t) => {
  // h: 2, 0.9·2 + 3 = 4.8; w = 1 − 0.1·2 − 0.1·4.8
  t.true(Math.abs(run(sgd({ momentum: 0.9, nesterov: false }), [2, 3], 0.1) - 0.32) < FLOAT32_ROUNDING);
});

test('nesterov looks one momentum step ahead', (t) => {
  // steps: 2 + 0.9·2 = 3.8, then 3 + 0.9·4.8 = 7.32
  t.true(Math.abs(run(sgd({ momentum: 0.9, nesterov: true }), [2, 3], 0.1) + 0.112) < FLOAT32_ROUNDING);
});

test('momentum sgd reaches the bottom of an ill-conditioned parabola where plain sgd has not', (t) => {
  const curvature = [1, 100];
  const distance = (momentum: number): number => {
    const update = sgd({ momentum, nesterov: false })(2);
    const w = Float32Array.of(1, 1);
    for (let k = 0; k < 200; k += 1)
      update(
        w,
        Float32Array.from(w, (x, i) => curvature[i] * x),
        0.01,
      );
    return Math.hypot(...w);
  };
  t.true(distance(0.9) < 1e-3);
  t.true(distance(0) > 0.1);
});

test('l2 adds the decayed weights to the gradient and leaves the loss alone', async (t) => {
  const regularised = l2((_w, _batch, gradient) => {
    gradient.set([1, 1]);
    return 7;
  }, 0.5);
  const gradient = new Float32Array(2);
  const batch = { count: 0, pixels: new Uint8Array(), labels: new Uint16Array() };
  t.is(await regularised(Float32Array.of(2, -4), batch, gradient), 7);
  t.deepEqual(gradient, Float32Array.of(2, -1));
});
