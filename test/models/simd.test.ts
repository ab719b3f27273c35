import test from 'ava';
import { UserError } from '../../data/user-error.ts';
import { createSimdNetwork } from '../../models/engine/simd.ts';
import { networkContract } from '../contracts/network.ts';
import { everyLayer, planOf } from '../helpers/plans.ts';

/** Single precision has 6e-8; sums over some thousand terms lose two digits of it. */
const tolerance = 1e-5;

networkContract(test, 'simd', createSimdNetwork, tolerance);

test('a layer that the kernels cannot run is named, with the engine that can', async (t) => {
  const plan = await planOf(everyLayer);
  await t.throwsAsync(createSimdNetwork(plan), { instanceOf: UserError, message: /layer "wide".*tfjs/ });
});
