/** Against the dense Hessian of a tiny network, by differences of the float64 reference's gradients. */
import test from 'ava';
import { batchesInOrder, frozenGradient, hessian, hessianOnPool } from '../../analysis/hessian.ts';
import { densityAt, largestEigenvalues, spectrum } from '../../analysis/lanczos.ts';
import { sharpness } from '../../analysis/sharpness.ts';
import { createNetwork } from '../../models/engine/engines.ts';
import type { Network } from '../../models/engine/network.ts';
import { createPool } from '../../pipeline/pool.ts';
import { eigen } from '../../numerics/eigen.ts';
import { assertClose } from '../helpers/close.ts';
import { planOf, sequential, someBatch, someWeights } from '../helpers/plans.ts';
import { digits } from '../pipeline/digits.ts';
import { referenceLossAndGradient } from '../reference/network.ts';
import { dot } from '../../numerics/vectors.ts';

/** Step of finite differences in float64. */
const DENSE_STEP = 1e-5;
/** Gradients in float32, about 1e-6 of their length, divided by a step of 1e-3 of the weights. */
const DIFFERENCE_ERROR = 3e-3;
const FLOAT32_ROUNDING = 1e-5;

/** Convolution, batch norm, dropout, average and dense layer: everything but the kinks of ReLU, 55 weights. */
const tiny = sequential((of) => [
  of.conv2d({ name: 'conv', inputShape: [6, 4, 1], filters: 3, kernelSize: 3, padding: 'same' }),
  of.batchNormalization({ name: 'bn', epsilon: 1e-5 }),
  of.averagePooling2d({ name: 'pool', poolSize: [3, 2] }),
  of.flatten({ name: 'flatten' }),
  of.dropout({ name: 'dropout', rate: 0.3 }),
  of.dense({ name: 'dense', units: 3, activation: 'softmax' }),
]);

async function tinyProblem() {
  const plan = await planOf(tiny);
  const network = await createNetwork(plan, 'simd');
  const images = { ...digits(1), ...someBatch(plan, 40) };
  const labels = new Uint16Array(new SharedArrayBuffer(80));
  labels.set(images.labels);
  const labelled = { ...images, labels };
  return { plan, network, images: labelled, solution: await network.measure(someWeights(plan), labelled) };
}

async function denseHessian() {
  const problem = await tinyProblem();
  const { plan, images, solution } = problem;
  const size = plan.weightCount;
  const gradientAt = (w: Float64Array): Float64Array =>
    referenceLossAndGradient(plan, w, images, solution.statistics).gradient;
  const rows = Array.from({ length: size }, (_, i) => {
    const [plus, minus] = [1, -1].map((sign) => {
      const moved = Float64Array.from(solution.weights);
      moved[i] += sign * DENSE_STEP;
      return gradientAt(moved);
    });
    return plus.map((value, k) => (value - minus[k]) / (2 * DENSE_STEP));
  });
  const matrix = Float64Array.from({ length: size * size }, (_, i) => {
    const [row, column] = [Math.floor(i / size), i % size];
    return (rows[row][column] + rows[column][row]) / 2;
  });
  return { ...problem, size, matrix };
}

test('products with the Hessian are those of the dense one', async (t) => {
  const { network, images, solution, size, matrix } = await denseHessian();
  const product = hessian(network, solution, images);
  for (const seed of [1, 2, 3]) {
    const v = Float64Array.from({ length: size }, (_, i) => Math.sin(seed * (i + 1)));
    const expected = v.map((_, row) => v.reduce((sum, value, k) => sum + matrix[row * size + k] * value, 0));
    assertClose(t, await product(v), expected, DIFFERENCE_ERROR, 'Hv');
  }
  t.deepEqual(await product(new Float64Array(size)), new Float64Array(size));
});

test('the five largest eigenvalues and the trace are those of the dense Hessian', async (t) => {
  const { network, images, solution, size, matrix } = await denseHessian();
  const expected = Array.from(eigen(matrix, size).values).toSorted((a, b) => b - a);
  const operator = hessian(network, solution, images);
  const { values } = await largestEigenvalues(operator, size, 5, { seed: 1, mostSteps: size, tolerance: 1e-4 });
  assertClose(t, values, expected.slice(0, 5), DIFFERENCE_ERROR, 'eigenvalues');
  const { trace, traceError } = await spectrum(operator, size, { seed: 1, probes: 30, steps: 1 });
  const exact = expected.reduce((sum, value) => sum + value, 0);
  t.true(Math.abs(trace - exact) < 4 * traceError, `${trace} ± ${traceError}, ${exact}`);
});

test('one worker, two workers and none give the same bits', async (t) => {
  const plan = await planOf(tiny);
  const network = await createNetwork(plan, 'simd');
  const many = someBatch(plan, 2500);
  const labels = new Uint16Array(new SharedArrayBuffer(5000));
  labels.set(many.labels);
  const images = { ...many, labels };
  const solution = await network.measure(someWeights(plan), images);
  const v = Float64Array.from({ length: plan.weightCount }, (_, i) => Math.cos(i));
  const alone = await hessian(network, solution, images)(v);
  for (const workers of [1, 2]) {
    const pool = createPool(workers);
    t.deepEqual(await hessianOnPool(pool, { plan, engine: 'simd' }, solution, images)(v), alone);
    await pool.destroy();
  }
});

/** L = ½ Σ aᵢ wᵢ², whatever the batch. */
const A = [4, 1];
const bowl = {
  lossAndGradient(weights: Float32Array, _batch: unknown, gradient: Float32Array) {
    gradient.set(weights.map((w, i) => A[i] * w));
    return weights.reduce((sum, w, i) => sum + (A[i] * w * w) / 2, 0);
  },
} as unknown as Network;

test('a quadratic has its own matrix as its Hessian', async (t) => {
  const solution = { weights: Float32Array.of(3, -4), statistics: new Float32Array() };
  const product = await hessian(bowl, solution, digits(10))(Float64Array.of(1, 2));
  assertClose(t, product, [4, 2], DIFFERENCE_ERROR, 'Hv');
});

test('sharpness and adaptive sharpness of a quadratic are closed forms', async (t) => {
  const weights = Float32Array.of(3, -4);
  const solution = { weights, statistics: new Float32Array() };
  const batches = () => batchesInOrder(digits(10), 4);
  const g = weights.map((w, i) => A[i] * w);
  const rise = (step: number[]): number =>
    step.reduce((sum, e, i) => sum + (A[i] * ((weights[i] + e) ** 2 - weights[i] ** 2)) / 2, 0);
  const size = Math.hypot(...g);
  const expected = rise(Array.from(g, (value) => (0.1 * value) / size));
  const found = await sharpness(frozenGradient(bowl, solution), weights, batches(), { rho: 0.1 });
  assertClose(t, [found], [expected], FLOAT32_ROUNDING, 'sharpness');
  // Adaptive: ε = ρ w² g / ‖|w| g‖.
  const adaptiveSize = Math.hypot(...g.map((value, i) => weights[i] * value));
  const step = Array.from(g, (value, i) => (0.1 * weights[i] ** 2 * value) / adaptiveSize);
  const adaptive = await sharpness(frozenGradient(bowl, solution), weights, batches(), { rho: 0.1, isAdaptive: true });
  assertClose(t, [adaptive], [rise(step)], FLOAT32_ROUNDING, 'adaptive sharpness');
});

// Against matrices whose spectrum is known.
/** What the iteration is asked for, and what it then keeps to. */
const TOLERANCE = 1e-9;
/** Sums of products in float64. */
const ROUNDING = 1e-9;

/** H A H with H = I − 2 x xᵀ / xᵀx, so that eigenvectors are no unit vectors. */
function reflected(diagonal: readonly number[]) {
  const x = Float64Array.from(diagonal, (_, i) => 1 + Math.sin(i));
  const reflect = (v: Float64Array): Float64Array => {
    const factor = (2 * dot(x, v)) / dot(x, x);
    return v.map((value, i) => value - factor * x[i]);
  };
  return async (v: Float64Array): Promise<Float64Array> => reflect(reflect(v).map((value, i) => diagonal[i] * value));
}

const decaying = Array.from({ length: 60 }, (_, i) => 100 * 0.7 ** i - 0.5);

test('the largest eigenvalues are found in order, within their residuals', async (t) => {
  const options = { seed: 1, mostSteps: 60, tolerance: TOLERANCE };
  const { values, residuals, steps } = await largestEigenvalues(reflected(decaying), 60, 5, options);
  for (const [k, value] of values.entries()) {
    t.true(Math.abs(value - decaying[k]) <= residuals[k] + ROUNDING, `${value} ${decaying[k]} ± ${residuals[k]}`);
    t.true(residuals[k] <= TOLERANCE * values[0]);
  }
  t.true(steps < 60, `${steps}`);
});

test('an operator with few different eigenvalues is exhausted early', async (t) => {
  const two = Array.from({ length: 40 }, (_, i) => (i < 3 ? 5 : -1));
  const options = { seed: 1, mostSteps: 40, tolerance: TOLERANCE };
  const { values, steps } = await largestEigenvalues(reflected(two), 40, 4, options);
  t.is(steps, 2);
  t.is(values.length, 2);
  t.true(Math.abs(values[0] - 5) < ROUNDING && Math.abs(values[1] + 1) < ROUNDING);
});

test('the operator that is 0 has the eigenvalue 0', async (t) => {
  const zero = async (v: Float64Array): Promise<Float64Array> => v.map(() => 0);
  const { values, steps } = await largestEigenvalues(zero, 10, 2, { seed: 1, mostSteps: 5, tolerance: TOLERANCE });
  t.deepEqual([values, steps], [[0], 1]);
});

test('the trace of a diagonal matrix is exact with one probe, and its moments are those of the quadrature', async (t) => {
  const diagonal = Array.from({ length: 30 }, (_, i) => i + 1);
  const operator = async (v: Float64Array): Promise<Float64Array> => v.map((value, i) => diagonal[i] * value);
  const { trace, nodes } = await spectrum(operator, 30, { seed: 1, probes: 1, steps: 10 });
  t.true(Math.abs(trace - 465) < ROUNDING);
  const moment = (power: number): number => nodes.reduce((sum, node) => sum + node.weight * node.value ** power, 0);
  for (const power of [0, 1, 2, 3]) {
    const expected = diagonal.reduce((sum, value) => sum + value ** power, 0) / 30;
    t.true(Math.abs(moment(power) / expected - 1) < ROUNDING, `moment ${power}`);
  }
});

test('more probes come nearer to the trace, within their standard error', async (t) => {
  const { trace, traceError } = await spectrum(reflected(decaying), 60, { seed: 1, probes: 20, steps: 2 });
  const exact = decaying.reduce((sum, value) => sum + value, 0);
  // Four standard errors: a seed in 16,000 is further away.
  t.true(Math.abs(trace - exact) < 4 * traceError && traceError > 0, `${trace} ± ${traceError}, ${exact}`);
});

test('the density is a normal curve around each node', (t) => {
  const nodes = [
    { value: 0, weight: 0.75 },
    { value: 10, weight: 0.25 },
  ];
  const peak = 1 / (0.5 * Math.sqrt(2 * Math.PI));
  const [at0, at10, beside] = densityAt(nodes, 0.5, [0, 10, 10.5]);
  t.true(Math.abs(at0 - 0.75 * peak) < ROUNDING && Math.abs(at10 - 0.25 * peak) < ROUNDING);
  t.true(Math.abs(beside - 0.25 * peak * Math.exp(-0.5)) < ROUNDING);
});
