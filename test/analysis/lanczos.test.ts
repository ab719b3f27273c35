/** Against matrices whose spectrum is known. */
import test from 'ava';
import { densityAt, largestEigenvalues, spectrum } from '../../analysis/lanczos.ts';
import { dot } from '../../numerics/vectors.ts';

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
