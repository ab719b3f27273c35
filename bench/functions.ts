/**
 * Test functions with known minima. Their optima are off the centre of the domain, at which TPE's prior is centred.
 */
import type { Params, SearchSpace } from '../search/distributions.ts';

/** Standard deviation of the noise of the noisy functions. */
export const noiseDeviation = 0.1;

export interface BenchmarkFunction {
  readonly space: SearchSpace;
  /** Smallest value in the space. */
  readonly minimum: number;
  readonly evaluate: (params: Params) => number;
}

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
  /** Like tuning a network: the best learning rate depends on momentum and batch size. */
  mixed4: {
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
        0.6 * (effective + 1) ** 2 +
        0.3 * ((momentum - 0.9) / 0.5) ** 2 +
        batchLoss +
        0.15 * ((patience - 12) / 10) ** 2
      );
    },
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

function sum(terms: readonly number[]): number {
  return terms.reduce((total, term) => total + term, 0);
}
