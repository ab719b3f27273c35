import test from 'ava';
import { parseSpace } from '../../search/distributions.ts';
import type { Params } from '../../search/distributions.ts';
import { randomStream } from '../../search/random.ts';
import { factorize, inverse } from '../../numerics/cholesky.ts';
import { drawFunction } from '../../search/samplers/gp/draw-function.ts';
import { negativeLogPosterior } from '../../search/samplers/gp/fit.ts';
import type { Acquisition } from '../../search/samplers/gp/acquire.ts';
import { covarianceMatrix, matern, maternSlope } from '../../search/samplers/gp/covariance.ts';
import { awayFromCrashes } from '../../search/samplers/gp/crashes.ts';
import { learn } from '../../search/samplers/gp/learn.ts';
import { logImprovement, logImprovementSlope } from '../../search/samplers/gp/log-expected-improvement.ts';
import { minimize } from '../../numerics/minimize.ts';
import { posterior } from '../../search/samplers/gp/posterior.ts';
import { standardize, warp } from '../../search/samplers/gp/values.ts';
import { gpSampler, observe } from '../../search/samplers/gp.ts';
import { logNormalDensity } from '../../numerics/normal.ts';
import { axesOf } from '../../search/samplers/unit-cube.ts';
import type { FrozenTrial } from '../../search/frozen-trial.ts';
import { finishedTrial } from './snapshot.ts';

/** Error of closed forms and of small dense systems: some hundred roundings of numbers near 1. */
const tolerance = 1e-12;
/** Error of central differences with steps of 1e-5: their error is of order 1e-10, that of the rounding 1e-11. */
const differenceTolerance = 1e-7;
const step = 1e-5;
const drawCount = 4_000;
/** Bound for 14 averages over draws of a fixed seed: one in a thousand seeds would be further off. */
const standardErrors = 4;

function isClose(actual: number, expected: number, within = tolerance): boolean {
  return Math.abs(actual - expected) <= within * Math.max(1, Math.abs(expected));
}

/** Central difference of f by coordinate k. */
function difference(f: (x: Float64Array) => number, x: Float64Array, k: number): number {
  return (f(x.with(k, x[k] + step)) - f(x.with(k, x[k] - step))) / (2 * step);
}

const random = randomStream(7, 0, 'test');
/** Two numbers and a category of three. */
const categories = [false, false, true];
const points = Array.from({ length: 7 }, () => Float64Array.of(random(), random(), Math.floor(3 * random())));
const values = Float64Array.from(points, ([a, b, c]) => Math.sin(5 * a) + b * b - 0.5 * c);
const hyperparameters = { lengthScales: Float64Array.of(0.4, 0.9, 1.7), signal: 1.3, noise: 0.02 };

test('matern has its closed form, slope included', (t) => {
  t.is(matern(0), 1);
  t.true(isClose(matern(1), (1 + Math.sqrt(5) + 5 / 3) * Math.exp(-Math.sqrt(5))));
  for (const squared of [0.01, 0.5, 2, 30]) {
    t.true(
      isClose(
        maternSlope(squared),
        difference(([x]) => matern(x), Float64Array.of(squared), 0),
        differenceTolerance,
      ),
    );
  }
});

test('cholesky gives the inverse, and refuses a matrix that is not positive definite', (t) => {
  const n = 9;
  const root = Float64Array.from({ length: n * n }, () => random() - 0.5);
  const at = (i: number, j: number): number =>
    Array.from({ length: n }, (_, k) => root[i * n + k] * root[j * n + k]).reduce((a, b) => a + b) + Number(i === j);
  const factor = Float64Array.from({ length: n * n }, (_, index) => at(Math.floor(index / n), index % n));
  t.true(factorize(factor, n));
  const inverted = inverse(factor, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let product = 0;
      for (let k = 0; k < n; k++) product += at(i, k) * inverted[Math.max(k, j) * n + Math.min(k, j)];
      t.true(isClose(product, Number(i === j)));
    }
  }
  t.false(factorize(Float64Array.of(1, 2, 2, 1), 2));
});

test('the gradient of the posterior density of hyper-parameters is that of finite differences', (t) => {
  const theta = Float64Array.of(-0.7, 0.3, 0.5, 0.2, -4);
  const trend = Float64Array.from(values, (value, i) => value + Math.sin(3 * i));
  for (const [signalPrior, mean] of [['flat'], ['gamma'], ['gamma', trend]] as const) {
    const f = negativeLogPosterior(points, standardize([...values]), categories, signalPrior, mean);
    const gradient = new Float64Array(5);
    f(theta, gradient);
    for (let k = 0; k < 5; k++) {
      const expected = difference((x) => f(x, new Float64Array(5)), theta, k);
      t.true(isClose(gradient[k], expected, differenceTolerance), `${k}: ${gradient[k]} is not ${expected}`);
    }
  }
});

/** Solves A x = b by elimination with pivots: nothing in common with Cholesky. */
function solveDense(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const rows = a.map((row, i) => [...row, b[i]]);
  const n = rows.length;
  for (let column = 0; column < n; column++) {
    const rest = rows.splice(column).toSorted((p, q) => Math.abs(q[column]) - Math.abs(p[column]));
    rows.push(...rest);
    for (const row of rows.filter((_, i) => i !== column)) {
      const factor = row[column] / rows[column][column];
      for (let k = column; k <= n; k++) row[k] -= factor * rows[column][k];
    }
  }
  return rows.map((row, i) => row[n] / row[i]);
}

test('the posterior is that of the dense formula, gradients included', (t) => {
  const { lengthScales, signal, noise } = hyperparameters;
  const kernel = (a: Float64Array, b: Float64Array): number => {
    const distances = [a[0] - b[0], a[1] - b[1], Number(a[2] !== b[2])];
    const r = Math.hypot(...distances.map((distance, k) => distance / lengthScales[k]));
    return signal * (1 + Math.sqrt(5) * r + (5 * r * r) / 3) * Math.exp(-Math.sqrt(5) * r);
  };
  const matrix = points.map((a, i) => points.map((b, j) => kernel(a, b) + (i === j ? noise : 0)));
  const model = posterior(points, values, categories, hyperparameters);
  for (const point of [Float64Array.of(0.3, 0.6, 1), Float64Array.of(0.9, 0.1, 2), points[0]]) {
    const covariances = points.map((other) => kernel(point, other));
    const dotWith = (x: readonly number[]): number => x.reduce((sum, xi, i) => sum + xi * covariances[i], 0);
    const meanGradient = new Float64Array(3);
    const deviationGradient = new Float64Array(3);
    const { mean, deviation } = model.differentiate(point, meanGradient, deviationGradient);
    t.true(isClose(mean, dotWith(solveDense(matrix, [...values]))));
    t.true(isClose(deviation ** 2, signal - dotWith(solveDense(matrix, covariances))));
    for (const k of [0, 1]) {
      const means = difference((x) => model.predict(x).mean, point, k);
      const deviations = difference((x) => model.predict(x).deviation, point, k);
      t.true(isClose(meanGradient[k], means, differenceTolerance));
      t.true(isClose(deviationGradient[k], deviations, differenceTolerance));
    }
  }
});

/** The integral from 0 to `end` by Simpson's rule. */
function simpson(f: (u: number) => number, end: number): number {
  const intervals = 20_000;
  let sum = f(0) + f(end);
  for (let i = 1; i < intervals; i++) sum += (i % 2 === 1 ? 4 : 2) * f((end * i) / intervals);
  return (sum * end) / intervals / 3;
}

test('log expected improvement is the integral, far in the tail too', (t) => {
  // h(z) = ∫₀^∞ u φ(u − z) du = φ(z) ∫₀^∞ u exp(−u²/2 + uz) du; the second stays in range for all z.
  const integrate = (z: number): number => simpson((u) => u * Math.exp(logNormalDensity(u - z)), z + 40);
  const relative = (z: number): number => simpson((u) => u * Math.exp(-(u * u) / 2 + u * z), 60 / -z);
  /** Simpson's rule and the cancellation at −100 leave ten digits. */
  const integralTolerance = 1e-10;
  for (const z of [-0.99, -0.5, 0, 1, 4]) {
    t.true(isClose(logImprovement(z), Math.log(integrate(z)), integralTolerance), `z = ${z}`);
  }
  for (const z of [-1.01, -3, -10, -37, -99.9, -100.1, -1000, -1e6]) {
    const expected = logNormalDensity(z) + Math.log(relative(z));
    t.true(Math.abs(logImprovement(z) - expected) < integralTolerance * Math.max(1, Math.abs(expected)), `z = ${z}`);
  }
});

test('log expected improvement has its slope and no jump', (t) => {
  for (const z of [-200, -20, -1.5, -0.5, 2]) {
    const expected = difference(([x]) => logImprovement(x), Float64Array.of(z), 0);
    t.true(isClose(logImprovementSlope(z), expected, 1e-6), `z = ${z}`);
  }
  for (const z of [-1, -100]) t.true(isClose(logImprovement(z * (1 + 1e-14)), logImprovement(z * (1 - 1e-14)), 1e-10));
});

test('minimize finds the minimum of a valley, and stays in the box where that is outside', (t) => {
  const rosenbrock = ([x, y]: Float64Array, gradient: Float64Array): number => {
    gradient[0] = -400 * x * (y - x * x) - 2 * (1 - x);
    gradient[1] = 200 * (y - x * x);
    return 100 * (y - x * x) ** 2 + (1 - x) ** 2;
  };
  const limits = { iterations: 200, tolerance: 1e-16 };
  const start = Float64Array.of(-1.2, 1);
  const free = minimize(rosenbrock, start, { low: Float64Array.of(-2, -2), high: Float64Array.of(2, 2) }, limits);
  /** The gradient vanishes with the square root of the value. */
  const minimumTolerance = 1e-6;
  t.true(Math.hypot(free.x[0] - 1, free.x[1] - 1) < minimumTolerance);
  // With x ≤ ½ the minimum is at the bound, y = x².
  const bound = minimize(rosenbrock, start, { low: Float64Array.of(-2, -2), high: Float64Array.of(0.5, 2) }, limits);
  t.is(bound.x[0], 0.5);
  t.true(Math.abs(bound.x[1] - 0.25) < minimumTolerance);
});

test('drawn values of the function have the mean and the variance that the observations leave', (t) => {
  const noisy = { ...hyperparameters, noise: 0.3 };
  const n = points.length;
  const weights = covarianceMatrix(points, categories, noisy);
  factorize(weights, n);
  const inverted = inverse(weights, n);
  const weight = (i: number, j: number): number => inverted[Math.max(i, j) * n + Math.min(i, j)];
  const stream = randomStream(1, 0, 'draws');
  const draws = Array.from({ length: drawCount }, () => drawFunction(points, values, categories, noisy, 1e-9, stream));
  for (let i = 0; i < n; i++) {
    // y − σ² (K + σ²)⁻¹ y and σ² − σ⁴ (K + σ²)⁻¹
    const mean = values.reduce((sum, y, j) => sum - noisy.noise * weight(i, j) * y, values[i]);
    const variance = noisy.noise - noisy.noise ** 2 * weight(i, i);
    const drawnMean = draws.reduce((sum, draw) => sum + draw[i], 0) / drawCount;
    const drawnVariance = draws.reduce((sum, draw) => sum + (draw[i] - mean) ** 2, 0) / drawCount;
    t.true(Math.abs(drawnMean - mean) < standardErrors * Math.sqrt(variance / drawCount));
    t.true(Math.abs(drawnVariance - variance) < standardErrors * variance * Math.sqrt(2 / drawCount));
  }
});

test('warped values keep their order, and the better half its distances', (t) => {
  t.deepEqual(warp([3, 1, 2, 1000]).slice(0, 3), [3, 1, 2]);
  t.true(warp([3, 1, 2, 1000])[3] < 3 + 2 * Math.log(1000));
  t.deepEqual([...standardize(warp([4, 4, 4]))], [0, 0, 0]);
});

test('values are compressed until a fit of them finds no noise', (t) => {
  const stream = randomStream(3, 0, 'learn');
  const line = Array.from({ length: 40 }, () => Float64Array.of(stream()));
  const smooth = line.map(([x]) => Math.exp(3 * x));
  const noisy = smooth.map((value) => value + stream());
  t.deepEqual(learn(line, smooth, [false]).values, standardize(smooth));
  t.deepEqual(learn(line, noisy, [false]).values, standardize(warp(noisy)));
  t.deepEqual(learn(line.slice(0, 5), smooth.slice(0, 5), [false]).values, standardize(warp(smooth.slice(0, 5))));
});

const space = parseSpace({
  x: { kind: 'float', low: 0, high: 1 },
  c: { kind: 'categorical', choices: ['a', 'b'] },
});

const finished = (number: number, changes: Partial<FrozenTrial>): FrozenTrial =>
  finishedTrial(number, { params: { x: number / 100, c: 'a' }, distributions: space, ...changes });

test('failed trials have no value, pruned ones count as their last report between median and worst', (t) => {
  const history = [
    finished(0, { value: 1 }),
    finished(1, { value: 5 }),
    finished(2, { value: 9 }),
    finished(3, { state: 'FAIL' }),
    finished(4, { state: 'PRUNED', intermediateValues: { 0: 3, 1: 7 } }),
    finished(5, { state: 'PRUNED', intermediateValues: { 0: 0 } }),
    finished(6, { state: 'PRUNED', intermediateValues: { 0: 100 } }),
    finished(7, { state: 'PRUNED', intermediateValues: { 0: NaN } }),
    finished(8, { value: 2, params: { x: 2, c: 'a' } }),
  ];
  const valuesOf = (direction: 'maximize' | 'minimize'): readonly number[] =>
    observe(history, axesOf(space), direction).map(({ value }) => value);
  t.deepEqual(valuesOf('minimize'), [1, 5, 9, 7, 5, 9, 9]);
  t.deepEqual(valuesOf('maximize'), [-1, -5, -9, -5, -1, -5, -1]);
});

test('an acquisition falls beyond the line where trials crash, with the gradient of finite differences', (t) => {
  const axes = axesOf(parseSpace({ x: { kind: 'float', low: 0, high: 1 }, y: { kind: 'float', low: 0, high: 1 } }));
  const draw = randomStream(3, 0, 'crashes');
  const tried = Array.from({ length: 40 }, () => Float64Array.of(draw(), draw()));
  const hasCrashed = ([x, y]: Float64Array): boolean => x + y > 1;
  const ends = { finished: tried.filter((point) => !hasCrashed(point)), crashed: tried.filter(hasCrashed) };
  const plain: Acquisition = {
    score: ([x, y]) => x * y,
    negative([x, y], gradient) {
      gradient[0] = -y;
      gradient[1] = -x;
      return -x * y;
    },
  };
  t.is(awayFromCrashes(plain, { ...ends, crashed: [] }, axes), plain);
  const { score, negative } = awayFromCrashes(plain, ends, axes);
  const gradient = new Float64Array(2);
  for (const point of [Float64Array.of(0.2, 0.3), Float64Array.of(0.8, 0.7)]) {
    t.is(score(point) < plain.score(point) - 100, hasCrashed(point));
    t.is(negative(point, gradient), -score(point));
    for (const k of [0, 1]) {
      t.true(
        isClose(
          gradient[k],
          difference((x) => negative(x, new Float64Array(2)), point, k),
          1e-5,
        ),
      );
    }
  }
});

test('trials in flight keep the next one away', (t) => {
  const history = Array.from({ length: 12 }, (_, i) =>
    finished(i, { value: Math.sin(i * 1.7) + (i / 11 - 0.6) ** 2, params: { x: i / 11, c: i % 2 === 0 ? 'a' : 'b' } }),
  );
  const suggest = (pending: readonly FrozenTrial[]): Params => {
    const number = 12 + pending.length;
    const stream = (name: string) => randomStream(1, 12, name);
    const draw = gpSampler()({
      number,
      direction: 'minimize',
      history,
      pending,
      space,
      random: stream,
      studyRandom: stream,
    });
    return { x: draw('x', space.x), c: draw('c', space.c) };
  };
  const pending: FrozenTrial[] = [];
  for (let i = 0; i < 3; i++) pending.push(finished(12 + i, { state: 'RUNNING', params: suggest(pending) }));
  const suggested = pending.map(({ params }) => JSON.stringify(params));
  t.is(new Set(suggested).size, 3);
  t.deepEqual(suggest([]), pending[0].params);
  for (const [i, a] of pending.entries()) {
    for (const b of pending.slice(0, i)) {
      const distance = Math.abs(Number(a.params.x) - Number(b.params.x));
      t.true(distance > 0.03 || a.params.c !== b.params.c, `${distance}`);
    }
  }
});
