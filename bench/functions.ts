/**
 * Test functions with known minima. Their optima are off the centre of the domain, at which TPE's prior is centred.
 */
import type { ParameterValue, Params, SearchSpace } from '../search/distributions.ts';

export interface BenchmarkFunction {
  /** All parameters that a trial may have. */
  readonly space: SearchSpace;
  /** Parameters that a trial has only if an earlier one has that value. The objective then names them while it runs. */
  readonly conditions?: Readonly<Record<string, readonly [name: string, value: ParameterValue]>>;
  /** Smallest value in the space. */
  readonly minimum: number;
  /** NaN where the trial crashes. */
  readonly evaluate: (params: Params) => number;
  /** Standard deviation of the noise at a point. Default: no noise */
  readonly noise?: (params: Params) => number;
}

/** Like tuning a network: the best learning rate depends on momentum and batch size. */
const mixed4: BenchmarkFunction = {
  space: {
    lr: { kind: 'float', low: 1e-5, high: 1, log: true },
    momentum: { kind: 'float', low: 0, high: 0.99 },
    batch: { kind: 'categorical', choices: [16, 32, 64, 128, 256] },
    patience: { kind: 'int', low: 1, high: 30 },
  },
  minimum: 0,
  evaluate: (params) => {
    const [lr, momentum, batch, patience] = coordinates(params);
    const effective = Math.log10(lr / (1 - momentum)) - Math.log10(batch / 64);
    const batchLoss = [0.1, 0.03, 0, 0.04, 0.12][Math.log2(batch) - 4];
    return (
      0.6 * (effective + 1) ** 2 + 0.3 * ((momentum - 0.9) / 0.5) ** 2 + batchLoss + 0.15 * ((patience - 12) / 10) ** 2
    );
  },
};

export const functions = {
  sphere4: {
    space: box('x', 4, -5, 5),
    minimum: 0,
    evaluate: (params) => sum(coordinates(params).map((x, i) => (x - [1.3, -2.1, 3.2, -0.6][i]) ** 2)),
  },
  rosenbrock4: {
    space: box('x', 4, -2.048, 2.048),
    minimum: 0,
    evaluate: (params) => {
      const x = coordinates(params);
      return sum([0, 1, 2].map((i) => 100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2));
    },
  },
  branin: {
    space: { x: { kind: 'float', low: -5, high: 10 }, y: { kind: 'float', low: 0, high: 15 } },
    minimum: 0.397887,
    evaluate: (params) => {
      const [x, y] = coordinates(params);
      const ridge = y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6;
      return ridge ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
    },
  },
  hartmann6: {
    space: box('x', 6, 0, 1),
    minimum: -3.32237,
    evaluate: (params) => {
      const x = coordinates(params);
      return -sum(
        [1, 1.2, 3, 3.2].map(
          (c, i) => c * Math.exp(-sum(x.map((xj, j) => hartmannSlopes[i][j] * (xj - hartmannCentres[i][j]) ** 2))),
        ),
      );
    },
  },
  ackley5: {
    space: box('x', 5, -32.768, 32.768),
    minimum: 0,
    evaluate: (params) => {
      const x = coordinates(params).map((xi, i) => xi - [7.5, -11, 3, 18, -5.5][i]);
      const distance = Math.sqrt(sum(x.map((xi) => xi * xi)) / x.length);
      const ripples = sum(x.map((xi) => Math.cos(2 * Math.PI * xi))) / x.length;
      return -20 * Math.exp(-0.2 * distance) - Math.exp(ripples) + 20 + Math.E;
    },
  },
  mixed4,
  'mixed4-noisy': { ...mixed4, noise: () => 0.1 },
  /** The axes of its ellipsoids lie across the parameters, and the longest is 100 times the shortest. */
  'ellipsoid5-rotated': {
    space: box('x', 5, -5, 5),
    minimum: 0,
    evaluate: (params) => sum(rotated(shifted(params, [1.7, -2.6, 0.9, 3.1, -3.4])).map((z, i) => 10 ** i * z * z)),
  },
  /** Source: Laguna and Martí 2005. */
  'levy4-rotated': {
    space: box('x', 4, -10, 10),
    minimum: 0,
    evaluate: (params) => {
      const w = rotated(shifted(params, [3.2, -4.1, 5.3, -2.4])).map((z) => 1 + z / 4);
      const last = (w[3] - 1) ** 2 * (1 + Math.sin(2 * Math.PI * w[3]) ** 2);
      const others = w.slice(0, 3).map((wi) => (wi - 1) ** 2 * (1 + 10 * Math.sin(Math.PI * wi + 1) ** 2));
      return Math.sin(Math.PI * w[0]) ** 2 + sum(others) + last;
    },
  },
  rastrigin4: {
    space: box('x', 4, -5.12, 5.12),
    minimum: 0,
    evaluate: (params) =>
      sum(shifted(params, [1.4, -2.3, 3.1, -0.8]).map((z) => z * z + 10 - 10 * Math.cos(2 * Math.PI * z))),
  },
  griewank4: {
    space: box('x', 4, -30, 30),
    minimum: 0,
    evaluate: (params) => {
      const z = shifted(params, [11, -7, 18, -14]);
      const ripples = z.reduce((product, zi, i) => product * Math.cos(zi / Math.sqrt(i + 1)), 1);
      return 1 + sum(z.map((zi) => zi * zi)) / 4000 - ripples;
    },
  },
  /** Plateaus. */
  steps4: {
    space: box('x', 4, -5, 5),
    minimum: 0,
    evaluate: (params) => sum(shifted(params, [1.3, -2.1, 3.2, -0.6]).map((z) => Math.floor(2 * Math.abs(z)))),
  },
  /** The minimum is in a corner of the space. */
  corner4: {
    space: {
      x: { kind: 'float', low: 0, high: 1 },
      y: { kind: 'float', low: 0, high: 1 },
      rate: { kind: 'float', low: 1e-5, high: 1, log: true },
      size: { kind: 'int', low: 1, high: 64 },
    },
    minimum: 0,
    evaluate: (params) => {
      const [x, y, rate, size] = coordinates(params);
      return x + (1 - y) + 4 * x * (1 - y) - Math.log10(rate) / 5 + ((size - 1) / 63) ** 2;
    },
  },
  /** Neighbours among the categories matter together. */
  categories5: {
    space: Object.fromEntries(
      Array.from({ length: 5 }, (_, i) => [`x${i}`, { kind: 'categorical', choices: [0, 1, 2, 3, 4, 5, 6, 7] }]),
    ),
    minimum: 1.25,
    evaluate: (params) => {
      const x = coordinates(params);
      const alone = x.map((xi, i) => (xi * (2 * i + 3) + i) % 8);
      const together = [0, 1, 2, 3].map((i) => (x[i] * x[i + 1] + 5 * x[i] + 3 * x[i + 1] + i) % 8);
      return sum(alone) / 8 + sum(together) / 4;
    },
  },
  /** Which parameters there are depends on the model. */
  models7: {
    space: {
      model: { kind: 'categorical', choices: ['svm', 'forest', 'neighbours'] },
      kernel: { kind: 'categorical', choices: ['linear', 'rbf'] },
      c: { kind: 'float', low: 1e-3, high: 1e3, log: true },
      gamma: { kind: 'float', low: 1e-4, high: 10, log: true },
      depth: { kind: 'int', low: 1, high: 30 },
      features: { kind: 'float', low: 0.1, high: 1 },
      count: { kind: 'int', low: 1, high: 50 },
    },
    conditions: {
      kernel: ['model', 'svm'],
      c: ['model', 'svm'],
      gamma: ['kernel', 'rbf'],
      depth: ['model', 'forest'],
      features: ['model', 'forest'],
      count: ['model', 'neighbours'],
    },
    minimum: 0.05,
    evaluate: ({ model, kernel, ...others }) => {
      const [c, gamma, depth, features, count] = ['c', 'gamma', 'depth', 'features', 'count'].map((name) =>
        Number(others[name]),
      );
      if (model === 'forest') return 0.12 + 0.02 * ((depth - 14) / 8) ** 2 + 0.3 * (features - 0.35) ** 2;
      if (model === 'neighbours') return 0.2 + 0.05 * Math.log2(count / 7) ** 2;
      if (kernel === 'linear') return 0.15 + 0.02 * Math.log10(c / 0.1) ** 2;
      const [u, v] = [Math.log10(c / 30), Math.log10(gamma / 0.02)];
      return 0.05 + 0.03 * u * u + 0.04 * v * v + 0.03 * u * v;
    },
  },
  /** The noise grows from 0.02 to 1 along the first parameter: far from the minimum more trials look good by luck. */
  'quadratic3-noisy': {
    space: box('x', 3, -5, 5),
    minimum: 0,
    evaluate: (params) => sum(shifted(params, [-2.2, 3.1, 1.4]).map((z) => z * z)) / 10,
    noise: ({ x0 }) => 0.02 + 0.098 * (Number(x0) + 5),
  },
  /** Trials crash beyond a rate that depends on the other parameters; the minimum is at the edge. */
  'rate3-crashes': {
    space: {
      rate: { kind: 'float', low: 1e-5, high: 10, log: true },
      momentum: { kind: 'float', low: 0, high: 0.99 },
      layers: { kind: 'int', low: 1, high: 12 },
    },
    minimum: 0,
    evaluate: (params) => {
      const [rate, momentum, layers] = coordinates(params);
      const room = 0.5 - 0.15 * layers - Math.log10(rate / (1 - momentum));
      return room < 0 ? NaN : 0.2 * room + 0.3 * ((momentum - 0.8) / 0.5) ** 2 + 0.1 * ((layers - 9) / 4) ** 2;
    },
  },
  /** Nine trials of ten at random crash. */
  'sphere3-crashes': {
    space: box('x', 3, 0, 1),
    minimum: 0,
    evaluate: (params) => {
      const [x0, x1, x2] = coordinates(params);
      if (Math.abs(x0 - x1) > 0.15 || x2 < 0.6) return NaN;
      return sum(shifted(params, [0.72, 0.8, 0.7]).map((z) => z * z));
    },
  },
  integers4: {
    space: {
      x: { kind: 'int', low: 0, high: 40 },
      y: { kind: 'int', low: 0, high: 40 },
      units: { kind: 'int', low: 16, high: 512, step: 16 },
      patience: { kind: 'int', low: 1, high: 1000, log: true },
    },
    minimum: 0,
    evaluate: (params) => {
      const [x, y, units, patience] = coordinates(params);
      const z = [x - 29, y - 7, units / 16 - 7];
      const bowl = sum(z.map((zi) => zi * zi)) + sum(z) ** 2;
      return bowl / 100 + sum(z.map((zi) => Math.abs(zi) % 2)) / 10 + Math.log2(patience / 200) ** 2 / 10;
    },
  },
  /** Like tuning a network with many choices: the best rate depends on optimizer and width, the best decay on dropout. */
  network8: {
    space: {
      rate: { kind: 'float', low: 1e-5, high: 1, log: true },
      decay: { kind: 'float', low: 1e-6, high: 0.1, log: true },
      dropout: { kind: 'float', low: 0, high: 0.8 },
      smoothing: { kind: 'float', low: 0, high: 0.3, step: 0.05 },
      layers: { kind: 'int', low: 1, high: 8 },
      width: { kind: 'int', low: 8, high: 1024, log: true },
      optimizer: { kind: 'categorical', choices: ['sgd', 'adam', 'adagrad'] },
      activation: { kind: 'categorical', choices: ['relu', 'tanh', 'gelu', 'sigmoid'] },
    },
    minimum: 0,
    evaluate: ({ optimizer, activation, ...others }) => {
      const [rate, decay, dropout, smoothing, layers, width] = coordinates(others);
      const [bestRate, ofOptimizer] = { sgd: [-1, 0.02], adam: [-3, 0], adagrad: [-2, 0.05] }[String(optimizer)]!;
      const ofActivation = { relu: 0.01, tanh: 0.06, gelu: 0, sigmoid: 0.15 }[String(activation)]!;
      const size = Math.log2(width / 256);
      return (
        0.3 * (Math.log10(rate) - bestRate + 0.2 * size) ** 2 +
        0.05 * (Math.log10(decay) + 4 + 2 * (dropout - 0.2)) ** 2 +
        0.5 * (dropout - 0.2) ** 2 +
        2 * (smoothing - 0.1) ** 2 +
        0.02 * (layers - 3) ** 2 +
        0.03 * size ** 2 +
        ofOptimizer +
        ofActivation
      );
    },
  },
  /** So many parameters that `auto` takes another sampler; the first ones matter the most. */
  wide21: {
    space: box('x', 21, -1, 1),
    minimum: 0,
    evaluate: (params) => sum(coordinates(params).map((x, i) => (x - 0.6 * Math.sin(i + 1)) ** 2 / (i + 1))),
  },
} satisfies Record<string, BenchmarkFunction>;

const hartmannSlopes = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const hartmannCentres = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
];

function box(name: string, dimensions: number, low: number, high: number): SearchSpace {
  return Object.fromEntries(
    Array.from({ length: dimensions }, (_, i) => [`${name}${i}`, { kind: 'float', low, high } as const]),
  );
}

/** The parameters as numbers, in the order of the search space. */
function coordinates(params: Params): number[] {
  return Object.values(params).map(Number);
}

/** The parameters seen from that point. */
function shifted(params: Params, centre: readonly number[]): number[] {
  return coordinates(params).map((x, i) => x - centre[i]);
}

/** Multiplied by the orthogonal matrix of the discrete sine transform. */
function rotated(z: readonly number[]): number[] {
  const angle = Math.PI / (z.length + 1);
  const scale = Math.sqrt(2 / (z.length + 1));
  return z.map((_, i) => scale * sum(z.map((zj, j) => Math.sin(angle * (i + 1) * (j + 1)) * zj)));
}

function sum(terms: readonly number[]): number {
  return terms.reduce((total, term) => total + term, 0);
}
