import type { Optimizer as TensorFlowOptimizer } from '@tensorflow/tfjs';
import test from 'ava';
import type { TensorFlow } from '../../models/architecture.ts';
import type { Optimizer } from '../../pipeline/optimizer.ts';
import { adagrad } from '../../pipeline/optimizers/adagrad.ts';
import { adam } from '../../pipeline/optimizers/adam.ts';
import { heavyBall } from '../../pipeline/optimizers/heavy-ball.ts';
import { type OptimizerName, optimizers } from '../../pipeline/optimizers/index.ts';
import { momentum } from '../../pipeline/optimizers/momentum.ts';
import { nesterov } from '../../pipeline/optimizers/nesterov.ts';
import { rmsprop } from '../../pipeline/optimizers/rmsprop.ts';
import { sgd } from '../../pipeline/optimizers/sgd.ts';
import { loadTensorFlow } from '../../models/engine/tf.ts';

/** Weights and gradients are float32: seven digits, of which sums of up to 200 steps lose one. */
const FLOAT32_ROUNDING = 1e-6;
/** tf.js rounds every operation to float32, we every stored value. */
const TFJS_TOLERANCE = 2e-5;

const options = { momentum: 0.9, squareDecay: 0.99, weightDecay: 0.01 };
const close = (value: number, expected: number, tolerance = FLOAT32_ROUNDING): boolean =>
  Math.abs(value - expected) <= tolerance * Math.max(1, Math.abs(expected));

/** Follows a gradient in float32. @returns the path, start included */
function descend(
  optimizer: Optimizer,
  start: number[],
  gradient: (w: Float32Array) => number[],
  steps: number,
  learningRate: number | ((step: number) => number),
): number[][] {
  const update = optimizer(start.length);
  const w = Float32Array.from(start);
  const path = [start];
  for (let i = 0; i < steps; i += 1) {
    update(w, Float32Array.from(gradient(w)), typeof learningRate === 'number' ? learningRate : learningRate(i));
    path.push([...w]);
  }
  return path;
}

const end = (path: number[][]): number[] => path[path.length - 1];

/** Descends along given gradients from w = 1. */
const run = (optimizer: Optimizer, gradients: number[], learningRate: number | ((step: number) => number)): number => {
  let next = 0;
  return end(descend(optimizer, [1], () => [gradients[next++]], gradients.length, learningRate))[0];
};

interface Target {
  readonly start: number[];
  readonly loss: (w: number[]) => number;
  readonly gradient: (w: Float32Array) => number[];
}

const targets: Readonly<Record<string, Target>> = {
  parabola: { start: [3], loss: ([x]) => x * x, gradient: ([x]) => [2 * x] },
  rosenbrock: {
    start: [-1.2, 1],
    loss: ([x, y]) => (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    gradient: ([x, y]) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
  },
  'an ill-conditioned quadratic': {
    start: [1, 1],
    loss: ([x, y]) => (x * x + 100 * y * y) / 2,
    gradient: ([x, y]) => [x, 100 * y],
  },
  // A weight whose gradient is always zero, one with a tiny and one with a huge gradient.
  'weights of mixed scale': {
    start: [5, 1e-3, -200, 0],
    loss: ([, a, b, c]) => a * a + (b * b) / 1000 + Math.abs(c - 2),
    gradient: ([, a, b, c]) => [0, 2 * a, b / 500, Math.sign(c - 2)],
  },
};

/** Steps short enough for the steepest target of each: curvature 1,000 at the start of Rosenbrock's valley. */
const learningRates: Readonly<Record<OptimizerName, number>> = {
  sgd: 1e-3,
  momentum: 2e-4,
  'heavy-ball': 2e-4,
  nesterov: 2e-4,
  adagrad: 0.1,
  rmsprop: 1e-2,
  adam: 2e-2,
  'adam-uncorrected': 2e-3,
  adamw: 2e-2,
};
/** Vectors f32[P] that each keeps from step to step. */
const stateVectors: Readonly<Record<OptimizerName, number>> = {
  sgd: 0,
  momentum: 1,
  'heavy-ball': 1,
  nesterov: 1,
  adagrad: 1,
  rmsprop: 1,
  adam: 2,
  'adam-uncorrected': 2,
  adamw: 2,
};
const STEPS = 400;

for (const [name, { create }] of Object.entries(optimizers)) {
  const learningRate = learningRates[name as OptimizerName];

  for (const [target, { start, loss, gradient }] of Object.entries(targets)) {
    test(`${name} goes down on ${target}, in finite steps, and twice the same way`, (t) => {
      const path = descend(create(options), start, gradient, STEPS, learningRate);
      t.true(path.flat().every(Number.isFinite));
      t.true(loss(end(path)) < loss(start), `${loss(start)} → ${loss(end(path))}`);
      t.deepEqual(descend(create(options), start, gradient, STEPS, learningRate), path);
    });
  }

  test(`${name} leaves the gradient alone`, (t) => {
    const update = create(options)(2);
    const g = Float32Array.of(1, -2);
    update(Float32Array.of(3, 4), g, 0.1);
    t.deepEqual(g, Float32Array.of(1, -2));
  });

  test.serial(`${name} keeps ${stateVectors[name as OptimizerName]} vectors of state`, (t) => {
    const size = 12_345;
    const original = globalThis.Float32Array;
    let made = 0;
    globalThis.Float32Array = new Proxy(original, {
      construct(target, [length, ...others]) {
        made += Number(length === size);
        return Reflect.construct(target, [length, ...others]);
      },
    });
    try {
      const update = create(options)(size);
      for (let i = 0; i < 3; i += 1) update(new original(size), new original(size), 0.1);
    } finally {
      globalThis.Float32Array = original;
    }
    t.is(made, stateVectors[name as OptimizerName]);
  });
}

test('gradient descent shrinks a parabola by 1 − 2η a step', (t) => {
  const path = descend(sgd(), [3], targets.parabola.gradient, 20, 0.1);
  for (const [i, [x]] of path.entries()) t.true(close(x, 3 * 0.8 ** i));
});

test('momentum keeps a decayed sum of gradients', (t) => {
  // h: 2, 0.9·2 + 3 = 4.8; w = 1 − 0.1·2 − 0.1·4.8
  t.true(close(run(momentum(options), [2, 3], 0.1), 0.32));
});

test('nesterov looks one momentum step ahead', (t) => {
  // steps: 2 + 0.9·2 = 3.8, then 3 + 0.9·4.8 = 7.32
  t.true(close(run(nesterov(options), [2, 3], 0.1), -0.112));
});

test('nesterov is the textbook form seen from one momentum step ahead', (t) => {
  // Textbook, in float64: h ← αh + ∇L(w − ηαh), w ← w − ηh; ours is w − ηαh.
  const { start, gradient } = targets.rosenbrock;
  const [eta, alpha] = [2e-4, options.momentum];
  const path = descend(nesterov(options), start, gradient, 50, eta);
  let w = [...start];
  let h = [0, 0];
  for (const [x, y] of path) {
    const ahead = w.map((value, i) => value - eta * alpha * h[i]);
    t.true(close(x, ahead[0], TFJS_TOLERANCE) && close(y, ahead[1], TFJS_TOLERANCE));
    const g = gradient(ahead as unknown as Float32Array);
    h = h.map((value, i) => alpha * value + g[i]);
    w = w.map((value, i) => value - eta * h[i]);
  }
});

test('the two forms of momentum agree at a constant rate and differ when it changes', (t) => {
  const gradients = [2, 3, -1, 4];
  t.true(close(run(heavyBall(options), gradients, 0.1), run(momentum(options), gradients, 0.1)));
  const falling = (step: number): number => 0.1 / (step + 1);
  // Inside: h: 0.2, 0.18 + 0.15 = 0.33. Outside: 0.1·2, then 0.05·4.8 = 0.24.
  t.true(close(run(heavyBall(options), [2, 3], falling), 0.47));
  t.true(close(run(momentum(options), [2, 3], falling), 0.56));
});

const distance = (optimizer: Optimizer): number => {
  const { start, gradient } = targets['an ill-conditioned quadratic'];
  return Math.hypot(...end(descend(optimizer, start, gradient, 200, 0.01)));
};

test('momentum, and nesterov more so, reach the bottom of an ill-conditioned quadratic where plain descent has not', (t) => {
  t.true(distance(momentum(options)) < 1e-3);
  t.true(distance(nesterov(options)) < distance(momentum(options)));
  t.true(distance(sgd()) > 0.1);
});

test('the effective step of adagrad falls monotonically, that of rmsprop does not', (t) => {
  const gradients = [1, 1, 1, 0.1, 0.1, 0.1, 0.1];
  const steps = (optimizer: Optimizer): number[] => {
    let next = 0;
    const path = descend(optimizer, [0], () => [gradients[next++]], gradients.length, 0.1).flat();
    return gradients.map((g, i) => (path[i] - path[i + 1]) / g);
  };
  const falls = (values: number[]): boolean => values.every((value, i) => i === 0 || value < values[i - 1]);
  t.true(falls(steps(adagrad())));
  t.false(falls(steps(rmsprop({ squareDecay: 0.9 }))));
});

test('the first step of adam is the learning rate, whatever the gradient; uncorrected it is longer by a known factor', (t) => {
  for (const gradient of [1e-3, 1, 1e3]) t.true(close(run(adam(options), [gradient], 0.1), 0.9, 1e-5));
  const factor = (1 - options.momentum) / Math.sqrt(1 - options.squareDecay);
  t.true(close(run(adam(options, false), [5], 0.1), 1 - 0.1 * factor));
});

test('adamw decays weights by η·λ apart from their gradients', (t) => {
  const { create } = optimizers.adamw;
  t.true(close(run(create(options), [0], 0.1), 1 - 0.1 * options.weightDecay));
  // A large gradient changes nothing about it.
  const pulled = run(create(options), [7], 0.1) - run(create({ ...options, weightDecay: 0 }), [7], 0.1);
  t.true(close(pulled, -0.1 * options.weightDecay));
});

/** Our optimizers that tf.js has too, with the same ε where it is a parameter. */
const tfjs = {
  sgd: (tf) => tf.train.sgd(learningRates.sgd),
  momentum: (tf) => tf.train.momentum(learningRates.momentum, options.momentum),
  nesterov: (tf) => tf.train.momentum(learningRates.nesterov, options.momentum, true),
  adam: (tf) => tf.train.adam(learningRates.adam, options.momentum, options.squareDecay, 1e-8),
  rmsprop: (tf) => tf.train.rmsprop(learningRates.rmsprop, options.squareDecay, 0, 1e-8),
  adagrad: (tf) => tf.train.adagrad(learningRates.adagrad, 1e-30),
} as const satisfies Partial<Record<OptimizerName, (tf: TensorFlow) => TensorFlowOptimizer>>;

for (const [name, create] of Object.entries(tfjs)) {
  test.serial(`${name} walks the path of its namesake in tf.js`, async (t) => {
    const tf = await loadTensorFlow();
    await tf.setBackend('cpu');
    for (const { start, gradient } of [targets.rosenbrock, targets['an ill-conditioned quadratic']]) {
      const theirs = create(tf);
      const variable = tf.variable(tf.tensor1d(start), true, `${name} ${start.join(' ')}`);
      const ours = descend(
        optimizers[name as OptimizerName].create(options),
        start,
        gradient,
        50,
        learningRates[name as OptimizerName],
      );
      for (const [i, point] of ours.entries()) {
        const expected = variable.dataSync() as Float32Array;
        t.true(
          point.every((value, k) => close(value, expected[k], TFJS_TOLERANCE)),
          `step ${i}: ${point.join(' ')} against ${expected.join(' ')}`,
        );
        theirs.applyGradients([{ name: variable.name, tensor: tf.tensor1d(gradient(expected)) }]);
      }
      variable.dispose();
    }
  });
}
