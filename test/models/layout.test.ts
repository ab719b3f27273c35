import test from 'ava';
import { initialWeights, weight } from '../../models/engine/layout.ts';
import type { Plan } from '../../models/engine/plan.ts';
import { planOf, smallCnn } from '../helpers/plans.ts';

/** A plan of one weight; nothing but the weight vector matters here. */
const planWith = (initializer: Plan['weights'][number]['initializer'], size: number): Plan => ({
  model: 'test',
  input: { height: 1, width: 1, channels: 1 },
  classes: 2,
  weights: [{ name: 'a/kernel', shape: [size], offset: 0, size, initializer }],
  weightCount: size,
  statisticsCount: 0,
  nodes: [],
});
const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Five standard errors of a mean or a mean square over so many draws, in units of the deviation. */
const draws = 40_000;
const fiveStandardErrors = 5 / Math.sqrt(draws);

test('the same seed starts with the same weights, another seed with others', async (t) => {
  const plan = await planOf(smallCnn);
  t.deepEqual(initialWeights(plan, 3), initialWeights(plan, 3));
  t.notDeepEqual(initialWeights(plan, 3), initialWeights(plan, 4));
});

test('a weight starts the same whatever other weights the plan has', async (t) => {
  const plan = await planOf(smallCnn);
  const kernel = weight(plan, initialWeights(plan, 1), 'conv2/kernel');
  const entry = plan.weights.find(({ name }) => name === 'conv2/kernel')!;
  const alone = { ...plan, weights: [{ ...entry, offset: 0 }], weightCount: entry.size };
  t.deepEqual(initialWeights(alone, 1), kernel.slice());
});

test('batch norm starts as the identity', async (t) => {
  const plan = await planOf(smallCnn);
  const weights = initialWeights(plan, 1);
  t.deepEqual([...weight(plan, weights, 'bn1/gamma')], [1, 1, 1, 1, 1]);
  t.deepEqual([...weight(plan, weights, 'bn1/beta')], [0, 0, 0, 0, 0]);
});

test('uniform weights fill ±limit evenly', (t) => {
  const weights = initialWeights(planWith({ kind: 'uniform', limit: 0.25 }, draws), 1);
  t.true(weights.every((value) => Math.abs(value) <= 0.25));
  t.true(Math.abs(mean(weights)) < 0.25 * fiveStandardErrors);
  t.true(Math.abs(mean(weights.map((value) => (value / 0.25) ** 2)) - 1 / 3) < fiveStandardErrors);
});

test('normal weights are cut at two deviations', (t) => {
  const weights = initialWeights(planWith({ kind: 'truncatedNormal', deviation: 0.5 }, draws), 1);
  t.true(weights.every((value) => Math.abs(value) <= 1));
  t.true(Math.abs(mean(weights)) < 0.5 * fiveStandardErrors);
  // Variance of a standard normal cut at ±2: 1 − 4φ(2)/(2Φ(2) − 1) = 0.7737.
  t.true(Math.abs(mean(weights.map((value) => (value / 0.5) ** 2)) - 0.7737) < fiveStandardErrors);
});

test('a named weight is a view of the vector', async (t) => {
  const plan = await planOf(smallCnn);
  const vector = new Float32Array(plan.weightCount);
  weight(plan, vector, 'dense/bias').fill(3);
  t.deepEqual([...vector.subarray(-7)], [3, 3, 3, 3, 3, 3, 3]);
  t.is(vector[plan.weightCount - 8], 0);
});

test('an unknown name or a vector of another length is a RangeError', async (t) => {
  const plan = await planOf(smallCnn);
  const vector = new Float32Array(plan.weightCount);
  t.throws(() => weight(plan, vector, 'conv9/kernel'), {
    instanceOf: RangeError,
    message: /"conv9\/kernel".*conv1\/kernel/,
  });
  t.throws(() => weight(plan, vector.subarray(1), 'conv1/kernel'), { instanceOf: RangeError });
});
