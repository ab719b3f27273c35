import type { Optimizer as TensorFlowOptimizer } from '@tensorflow/tfjs';
import test, { type ExecutionContext } from 'ava';
import type { TensorFlow } from '../../models/architecture.ts';
import type { Optimizer, WeightLayout } from '../../pipeline/optimizer.ts';
import { adagrad } from '../../pipeline/optimizers/adagrad.ts';
import { adam } from '../../pipeline/optimizers/adam.ts';
import { heavyBall } from '../../pipeline/optimizers/heavy-ball.ts';
import { type OptimizerName, optimizers } from '../../pipeline/optimizers/index.ts';
import { lamb } from '../../pipeline/optimizers/lamb.ts';
import { lion } from '../../pipeline/optimizers/lion.ts';
import { lookahead } from '../../pipeline/optimizers/lookahead.ts';
import { momentum } from '../../pipeline/optimizers/momentum.ts';
import { nesterov } from '../../pipeline/optimizers/nesterov.ts';
import { rmsprop } from '../../pipeline/optimizers/rmsprop.ts';
import { sgd } from '../../pipeline/optimizers/sgd.ts';
import { loadTensorFlow } from '../../models/engine/tf.ts';
import { assertClose } from '../helpers/close.ts';

/** Weights and gradients are float32: seven digits, of which sums of up to 200 steps lose one. */
const FLOAT32_ROUNDING = 1e-6;
/** tf.js rounds every operation to float32, we every stored value. */
const TFJS_TOLERANCE = 2e-5;

const options = { momentum: 0.9, squareDecay: 0.99, weightDecay: 0.01 };
const close = (value: number, expected: number, tolerance = FLOAT32_ROUNDING): boolean =>
  Math.abs(value - expected) <= tolerance * Math.max(1, Math.abs(expected));

/** One layer of vectors and matrices with these shapes, one behind the other. */
function layoutOf(...shapes: (readonly number[])[]): WeightLayout {
  let weightCount = 0;
  const weights = shapes.map((shape, i) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const offset = weightCount;
    weightCount += size;
    return { name: `layer/${i}`, shape, offset, size, initializer: { kind: 'constant', value: 0 } as const };
  });
  return { weights, weightCount };
}

/** Follows a gradient in float32. @returns the path, start included */
function descend(
  optimizer: Optimizer,
  start: number[],
  gradient: (w: Float32Array) => number[],
  steps: number,
  learningRate: number | ((step: number) => number),
  layout = layoutOf([start.length]),
): number[][] {
  const update = optimizer(layout);
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

/** From long to short: what an optimizer can go down with on a target depends on both. */
const learningRates = [1e-1, 2e-2, 1e-2, 2e-3, 1e-3, 2e-4];
const STEPS = 400;

for (const [name, { create }] of Object.entries(optimizers)) {
  for (const [target, { start, loss, gradient }] of Object.entries(targets)) {
    for (const shape of [[start.length], [start.length, 1]]) {
      test(`${name} goes down on ${target} as weights of shape ${shape.join('×')}, in finite steps, and twice the same way`, (t) => {
        const pathAt = (rate: number): number[][] =>
          descend(create(options), start, gradient, STEPS, rate, layoutOf(shape));
        const ends = learningRates.map((rate) => ({ rate, reached: loss(end(pathAt(rate))) }));
        const [best] = ends.filter(({ reached }) => Number.isFinite(reached)).toSorted((a, b) => a.reached - b.reached);
        const path = pathAt(best.rate);
        t.true(path.flat().every(Number.isFinite));
        t.true(best.reached < loss(start), `${loss(start)} → ${best.reached}`);
        t.deepEqual(pathAt(best.rate), path);
      });
    }
  }

  test(`${name} leaves the gradient alone, and does not mind one of zeros`, (t) => {
    const layout = layoutOf([2, 1], [1]);
    const update = create(options)(layout);
    const g = Float32Array.of(1, -2, 3);
    const w = Float32Array.of(3, 4, 0);
    update(w, g, 0.1);
    t.deepEqual(g, Float32Array.of(1, -2, 3));
    const still = create(options)(layout);
    for (let i = 0; i < 7; i += 1) still(w.fill(0), new Float32Array(3), 0.1);
    t.deepEqual([...w].map(Math.abs), [0, 0, 0]);
  });

  test.serial(`${name} makes its state once, of a few vectors`, (t) => {
    const before = vectorsMade(create(options), 0);
    t.is(vectorsMade(create(options), 3), before);
    t.true(before <= MOST_VECTORS, `${before}`);
  });
}

/** No rule here needs more than two means and a step. */
const MOST_VECTORS = 3;

/** Vectors f32[P] that an optimizer makes from its start to the end of so many steps. */
function vectorsMade(optimizer: Optimizer, steps: number): number {
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
    const update = optimizer(layoutOf([size]));
    for (let i = 0; i < steps; i += 1) update(new original(size), new original(size), 0.1);
  } finally {
    globalThis.Float32Array = original;
  }
  return made;
}

test.serial('the classical rules keep as many vectors as their formulas have', (t) => {
  const expected = {
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
  for (const [name, vectors] of Object.entries(expected)) {
    t.is(vectorsMade(optimizers[name as OptimizerName].create(options), 3), vectors, name);
  }
});

/** A layer of a kernel and a bias, and gradients for it. */
const layer = layoutOf([3, 2], [2]);
const layerStart = [0.5, -0.25, 0.125, 1, -1, 0.75, 0.1, -0.2];
const layerGradients = Array.from({ length: 12 }, (_, step) =>
  layerStart.map((_w, i) => Math.sin(1 + 3 * step + 7 * i) * (i < 4 ? 1 : 0.01)),
);

function expectPath(t: ExecutionContext, optimizer: Optimizer, formula: (w: number[], g: number[]) => number[]): void {
  let step = 0;
  const path = descend(optimizer, layerStart, () => layerGradients[step++], layerGradients.length, 0.05, layer);
  let w = layerStart;
  for (const [i, g] of layerGradients.entries()) {
    w = formula(w, [...Float32Array.from(g)]);
    assertClose(t, path[i + 1], w, FLOAT32_ROUNDING * 10, `step ${i}`);
  }
}

test('lamb is the rule of its paper in float64, layer by layer', (t) => {
  const { momentum: beta1, squareDecay: beta2, weightDecay } = options;
  const [m, v] = [layerStart.map(() => 0), layerStart.map(() => 0)];
  let step = 0;
  expectPath(t, lamb(options), (w, g) => {
    step += 1;
    const adamStep = w.map((_, i) => {
      m[i] = beta1 * m[i] + (1 - beta1) * g[i];
      v[i] = beta2 * v[i] + (1 - beta2) * g[i] ** 2;
      return m[i] / (1 - beta1 ** step) / (Math.sqrt(v[i] / (1 - beta2 ** step)) + 1e-6);
    });
    const kernel = adamStep.slice(0, 6).map((r, i) => r + weightDecay * w[i]);
    const trust = Math.hypot(...w.slice(0, 6)) / Math.hypot(...kernel);
    return w.map((value, i) => value - 0.05 * (i < 6 ? trust * kernel[i] : adamStep[i]));
  });
});

test('a step of lamb is the learning rate times the length of the layer, however large the gradient', (t) => {
  for (const scale of [1e-3, 1e3]) {
    const [start, next] = descend(
      lamb({ ...options, weightDecay: 0 }),
      [3, 4],
      () => [scale, -2 * scale],
      1,
      0.1,
      layoutOf([2, 1]),
    );
    t.true(close(Math.hypot(next[0] - start[0], next[1] - start[1]), 0.5, 1e-5));
  }
});

test('lion is the rule of its paper in float64', (t) => {
  const h = layerStart.map(() => 0);
  expectPath(t, lion(options), (w, g) =>
    w.map((value, i) => {
      const c = options.momentum * h[i] + (1 - options.momentum) * g[i];
      h[i] = 0.99 * h[i] + (1 - 0.99) * g[i];
      return value - 0.05 * (Math.sign(c) + options.weightDecay * value);
    }),
  );
});

test('lookahead is its inner rule, drawn back half of the way after every fifth step', (t) => {
  let slow = layerStart;
  let step = 0;
  const h = layerStart.map(() => 0);
  expectPath(t, lookahead(momentum(options)), (w, g) => {
    step += 1;
    const fast = w.map((value, i) => {
      h[i] = options.momentum * h[i] + g[i];
      return value - 0.05 * h[i];
    });
    if (step % 5 !== 0) return fast;
    slow = slow.map((value, i) => value + 0.5 * (fast[i] - value));
    return slow;
  });
});

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

/** Steps short enough for the steepest target of each: curvature 1,000 at the start of Rosenbrock's valley. */
const tfjsRates = { sgd: 1e-3, momentum: 2e-4, nesterov: 2e-4, adagrad: 0.1, rmsprop: 1e-2, adam: 2e-2 };
/** Our optimizers that tf.js has too, with the same ε where it is a parameter. */
const tfjs = {
  sgd: (tf) => tf.train.sgd(tfjsRates.sgd),
  momentum: (tf) => tf.train.momentum(tfjsRates.momentum, options.momentum),
  nesterov: (tf) => tf.train.momentum(tfjsRates.nesterov, options.momentum, true),
  adam: (tf) => tf.train.adam(tfjsRates.adam, options.momentum, options.squareDecay, 1e-8),
  rmsprop: (tf) => tf.train.rmsprop(tfjsRates.rmsprop, options.squareDecay, 0, 1e-8),
  adagrad: (tf) => tf.train.adagrad(tfjsRates.adagrad, 1e-30),
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
        tfjsRates[name as keyof typeof tfjs],
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
