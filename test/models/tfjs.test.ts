import test from 'ava';
import { createTfjsNetwork } from '../../models/engine/tfjs.ts';
import { loadTensorFlow } from '../../models/engine/tf.ts';
import { networkContract } from '../contracts/network.ts';
import { residual, planOf, someBatch, someWeights } from '../helpers/plans.ts';

/** Single precision has 6e-8; sums over some thousand terms lose two digits of it. */
const tolerance = 1e-5;

networkContract(test, 'tfjs:cpu', (plan) => createTfjsNetwork(plan, 'cpu'), tolerance, 25);

test.serial('no call leaves a tensor behind', async (t) => {
  const tf = await loadTensorFlow();
  const plan = await planOf(residual);
  const network = await createTfjsNetwork(plan, 'cpu');
  const [weights, batch] = [someWeights(plan), someBatch(plan, 3)];
  const before = tf.memory().numTensors;
  await network.lossAndGradient(weights, batch, new Float32Array(plan.weightCount));
  t.is(tf.memory().numTensors, before);
  await network.predict(await network.measure(weights, batch), batch);
  t.is(tf.memory().numTensors, before);
});
