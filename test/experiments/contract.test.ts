/** What every registered experiment keeps to. */
import test from 'ava';
import { compositionOf } from '../../pipeline/enough-points.ts';
import { findCompetition } from '../../data/competitions/index.ts';
import { resolveArm } from '../../experiments/experiment.ts';
import { experiments } from '../../experiments/catalogue/index.ts';
import { columnsOf } from '../../experiments/measurements/index.ts';
import { findMethod, methodNames } from '../../experiments/methods.ts';
import { findModel } from '../../models/architectures/index.ts';
import { createNetwork } from '../../models/engine/engines.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { averageWeights } from '../../pipeline/collectors/swa.ts';
import { parametersSchema } from '../../pipeline/parameters.ts';
import { train } from '../../pipeline/train.ts';
import { digits, shape } from '../pipeline/digits.ts';

/** Steps of an epoch of a few batches, which is enough for a method to compose. */
const STEPS_PER_EPOCH = 5;
/** Share of a batch: the noise of a gradient then is less than twice that of the others. */
const SMALLEST_LAST_BATCH = 0.3;

for (const [name, experiment] of Object.entries(experiments)) {
  const { arms, claims, measurements, full, quick } = experiment;

  test(`${name} has a competition, a model, and arms whose parameters are in range`, (t) => {
    const { testIsLabelled } = findCompetition(experiment.competition);
    t.true(experiment.test !== 'file' || testIsLabelled);
    t.notThrows(() => findModel(experiment.model));
    for (const arm of Object.keys(arms)) {
      t.regex(arm, /^[\w.-]+$/, 'the name of an arm is part of a file name');
      for (const scale of [full, quick]) {
        const { method, parameters, epochs } = resolveArm(experiment, arm, scale);
        t.true(epochs >= 1, `${epochs}`);
        t.notThrows(() => compositionOf(findMethod(method), parameters, { epochs, stepsPerEpoch: STEPS_PER_EPOCH }));
      }
    }
  });

  test(`${name} ends no epoch with a handful of images, whose noise would decide the score`, (t) => {
    for (const arm of Object.keys(arms)) {
      for (const scale of [full, quick]) {
        const { batchSize } = resolveArm(experiment, arm, scale).parameters;
        const last = scale.train % batchSize || batchSize;
        t.true(last >= batchSize * SMALLEST_LAST_BATCH, `${last} of ${batchSize} in the last batch of ${arm}`);
      }
    }
  });

  test(`${name} claims something of arms and metrics that it has`, (t) => {
    t.true(claims.length > 0, `${claims.length}`);
    for (const { value, than } of claims) {
      for (const quantity of typeof than === 'number' ? [value] : [value, than]) {
        t.true(quantity.arm in arms, quantity.arm);
        t.true(quantity.metric in columnsOf(measurements), quantity.metric);
      }
    }
  });

  test(`${name} sweeps over a number that its arms vary`, (t) => {
    const { sweep } = experiment;
    for (const line of Object.values(sweep?.lines ?? {})) {
      const resolved = line.map((arm) => resolveArm(experiment, arm, full));
      const places = resolved.map(({ epochs, parameters }) =>
        sweep!.over === 'epochs' ? epochs : parameters[sweep!.over],
      );
      t.is(new Set(places).size, line.length);
      t.true(line.length > 1, `${line.length}`);
    }
    t.pass();
  });

  test(`${name} is quicker when it is quick, and has seeds enough for a verdict`, (t) => {
    for (const key of ['train', 'validation', 'epochs', 'seeds'] as const) t.true(quick[key] <= full[key], key);
    t.true(quick.train * quick.epochs * quick.seeds < full.train * full.epochs * full.seeds);
    t.true(quick.seeds >= 2 && full.seeds >= 3);
  });
}

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
