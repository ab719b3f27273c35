/** What JavaScript does on a Float32Array, in float64 and rounded where it is stored, to the bit. */
import test from 'ava';
import { random } from '../../numerics/random.ts';
import { findNatives } from '../../models/engine/native/addons.ts';
import { type Vectors, vectorsOf, wasmVectors } from '../../models/engine/vectors.ts';

/** Nothing, an odd number, a whole block, and blocks with a ragged last one. */
const lengths = [0, 1, 2, 33, 2048, 4099];

/** Formulas of one element; the last three are state. */
type Formula = (v: (Float32Array | Float64Array)[], i: number, numbers: number[]) => void;

const numbers = {
  sgd: [0.05],
  momentum: [0.9, 0.05],
  heavyBall: [0.9, 0.05],
  nesterov: [0.9, 0.05],
  adagrad: [0.05, 1e-8],
  rmsprop: [0.99, 0.05, 1e-8],
  adam: [0.9, 0.999, 0.01, 3.7, 1e-8],
  decay: [0.003],
  addScaled: [0.001],
  runningMean: [3],
  movingAverage: [0.97],
} as const satisfies Record<keyof Vectors, readonly number[]>;

const formulas: Readonly<Record<keyof Vectors, Formula>> = {
  sgd([w, g], i, [rate]) {
    w[i] -= rate * g[i];
  },
  momentum([w, g, h], i, [alpha, rate]) {
    h[i] = alpha * h[i] + g[i];
    w[i] -= rate * h[i];
  },
  heavyBall([w, g, h], i, [alpha, rate]) {
    h[i] = alpha * h[i] + rate * g[i];
    w[i] -= h[i];
  },
  nesterov([w, g, h], i, [alpha, rate]) {
    h[i] = alpha * h[i] + g[i];
    w[i] -= rate * (g[i] + alpha * h[i]);
  },
  adagrad([w, g, G], i, [rate, epsilon]) {
    G[i] += g[i] * g[i];
    w[i] -= (rate * g[i]) / Math.sqrt(G[i] + epsilon);
  },
  rmsprop([w, g, G], i, [alpha, rate, epsilon]) {
    G[i] = alpha * G[i] + (1 - alpha) * g[i] * g[i];
    w[i] -= (rate * g[i]) / Math.sqrt(G[i] + epsilon);
  },
  adam([w, g, h, G], i, [beta1, beta2, rate, squareScale, epsilon]) {
    h[i] = beta1 * h[i] + (1 - beta1) * g[i];
    G[i] = beta2 * G[i] + (1 - beta2) * g[i] * g[i];
    w[i] -= (rate * h[i]) / (Math.sqrt(squareScale * G[i]) + epsilon);
  },
  decay([w], i, [lambda]) {
    w[i] -= lambda * w[i];
  },
  addScaled([g, w], i, [lambda]) {
    g[i] += lambda * w[i];
  },
  runningMean([a, w], i, [n]) {
    a[i] = (a[i] * n + w[i]) / (n + 1);
  },
  movingAverage([a, w], i, [d]) {
    a[i] = d * a[i] + (1 - d) * w[i];
  },
};
const counts = { sgd: 2, adam: 4, decay: 1, addScaled: 2, runningMean: 2, movingAverage: 2 } as Record<string, number>;

function someVectors(name: string, length: number): (Float32Array | Float64Array)[] {
  const stream = random(1, 'vectors', name);
  return Array.from({ length: counts[name] ?? 3 }, (_, k) => {
    const values = Array.from({ length }, () => (k >= 2 ? stream.float() : stream.normal()));
    const isAverage = k === 0 && (name === 'runningMean' || name === 'movingAverage');
    return isAverage ? Float64Array.from(values) : Float32Array.from(values);
  });
}

for (const kernels of ['wasm', ...[...findNatives(), ...findNatives(true)].map(({ name }) => name)]) {
  test(`updates of vectors have the bits of JavaScript's (${kernels})`, (t) => {
    const vectors = vectorsOf(kernels);
    for (const name of Object.keys(formulas) as (keyof Vectors)[]) {
      for (const length of lengths) {
        const [ours, expected] = [someVectors(name, length), someVectors(name, length)];
        for (let step = 0; step < 3; step += 1) {
          (vectors[name] as (...parts: unknown[]) => void)(...ours, ...numbers[name]);
          for (let i = 0; i < length; i += 1) formulas[name](expected, i, [...numbers[name]]);
        }
        t.deepEqual(ours, expected, `${name}, ${length} elements`);
      }
    }
  });

  test(`vectors of other lengths or another kind are refused (${kernels})`, (t) => {
    const vectors = vectorsOf(kernels);
    t.throws(() => vectors.sgd(new Float32Array(3), new Float32Array(2), 0.1), { instanceOf: TypeError });
    t.throws(() => vectors.runningMean(new Float32Array(3) as never, new Float32Array(3), 1), {
      instanceOf: TypeError,
    });
  });
}

test('an engine without kernels of its own updates vectors in WebAssembly', (t) => {
  t.is(vectorsOf(undefined), wasmVectors());
  t.is(vectorsOf('wasm-relaxed'), wasmVectors());
});
