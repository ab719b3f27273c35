import test from 'ava';
import { findMethod, methodNames } from '../../experiments/methods.ts';
import { createNetwork } from '../../models/engine/engines.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { averageWeights } from '../../pipeline/collectors/swa.ts';
import { parametersSchema } from '../../pipeline/parameters.ts';
import { train } from '../../pipeline/train.ts';
import { digits, shape } from '../pipeline/digits.ts';

for (const swaCycle of [0, 2]) {
  test(`the average of SWA's points is SWA, with ${swaCycle || 'no'} epochs in a cycle`, async (t) => {
    const network = await createNetwork(await loadPlan('digit-cnn', shape, 10), 'simd');
    const solutions = async (method: string): Promise<Float32Array[]> => {
      const result = await train({
        network,
        images: digits(60),
        method: findMethod(method),
        parameters: parametersSchema.parse({
          learningRate: 0.05,
          momentum: 0.9,
          batchSize: 20,
          patience: 1,
          swaStart: 0.5,
          swaCycle,
        }),
        epochs: 8,
        seed: 1,
        validate: async () => ({ accuracy: 0, loss: 0 }),
      });
      return result.status === 'done' ? result.solutions : t.fail(result.status) || [];
    };
    const points = await solutions('swa-points');
    t.is(points.length, swaCycle === 0 ? 4 : 2);
    t.deepEqual(averageWeights(points), (await solutions('swa'))[0]);
  });
}

test('every method has a name of its own', (t) => {
  t.is(new Set(methodNames).size, methodNames.length);
});
