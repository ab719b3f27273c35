import test from 'ava';
import { retrace } from '../../analysis/trajectory.ts';
import { createNetwork } from '../../models/engine/engines.ts';
import { initialWeights } from '../../models/engine/layout.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { swa } from '../../pipeline/methods/swa.ts';
import { trainFold } from '../../pipeline/worker.ts';
import { digits, shape } from '../pipeline/digits.ts';

test('a recorded training is retraced to the last bit, with the weights of every epoch', async (t) => {
  const images = digits(120);
  const rows = Uint32Array.from(images.labels.keys());
  const task = {
    plan: await loadPlan('digit-cnn', shape, 10),
    engine: 'simd',
    method: 'swa' as const,
    parameters: { ...swa.defaults, batchSize: 20 },
    epochs: 4,
    seed: 5,
    images,
    trainIndices: rows.subarray(0, 100),
    validationIndices: rows.subarray(100),
  };
  const recorded = await trainFold(task);
  if (recorded.status !== 'done') return t.fail();
  const network = await createNetwork(task.plan, 'simd');
  const { iterates, solutions, isSame } = await retrace({ ...task, recorded: recorded.solutions }, network);
  t.true(isSame);
  t.is(iterates.length, 5);
  t.deepEqual(iterates[0], initialWeights(task.plan, 5));
  t.deepEqual(solutions[0], recorded.solutions[0].weights);
  const other = await retrace({ ...task, seed: 6, recorded: recorded.solutions }, network);
  t.false(other.isSame);
});
