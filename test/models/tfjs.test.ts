import test from 'ava';
import { createTfjsNetwork } from '../../models/engine/tfjs.ts';
import { loadTensorFlow } from '../../models/engine/tf.ts';
import { networkContract } from '../contracts/network.ts';
import { assertClose } from '../helpers/close.ts';
import { everyLayer, planOf, someBatch, someWeights } from '../helpers/plans.ts';
import { referenceLossAndGradient, referenceMeasure, referencePredict } from '../reference/network.ts';

/** Single precision has 6e-8; sums over some thousand terms lose two digits of it. */
const tolerance = 1e-5;

networkContract(test, 'tfjs:cpu', (plan) => createTfjsNetwork(plan, 'cpu'), tolerance);

test.serial('no call leaves a tensor behind', async (t) => {
  const tf = await loadTensorFlow();
  const plan = await planOf(everyLayer);
  const network = await createTfjsNetwork(plan, 'cpu');
  const [weights, batch] = [someWeights(plan), someBatch(plan, 3)];
  const before = tf.memory().numTensors;
  await network.lossAndGradient(weights, batch, new Float32Array(plan.weightCount));
  t.is(tf.memory().numTensors, before);
  await network.predict(await network.measure(weights, batch), batch);
  t.is(tf.memory().numTensors, before);
});

test('every layer that a plan can hold agrees with the float64 reference', async (t) => {
  const plan = await planOf(everyLayer);
  const network = await createTfjsNetwork(plan, 'cpu');
  const [weights, batch] = [someWeights(plan), someBatch(plan, 11)];
  const gradient = new Float32Array(plan.weightCount);
  const loss = await network.lossAndGradient(weights, batch, gradient);
  const expected = referenceLossAndGradient(plan, weights, batch);
  assertClose(t, [loss], [expected.loss], tolerance, 'loss');
  assertClose(t, gradient, expected.gradient, tolerance, 'gradient');
  const solution = await network.measure(weights, batch);
  const statistics = referenceMeasure(plan, weights, batch);
  assertClose(t, solution.statistics, statistics, tolerance, 'statistics');
  const probabilities = await network.predict(solution, batch);
  assertClose(t, probabilities, referencePredict(plan, weights, statistics, batch), tolerance, 'probabilities');
});
