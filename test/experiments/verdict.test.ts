/** Claims of experiments: verdicts, and what every experiment must have. */
import test from 'ava';
import { findCompetition } from '../../data/competitions/index.ts';
import { experiments } from '../../experiments/catalogue/index.ts';
import { type Claim, of, resolveArm } from '../../experiments/experiment.ts';
import { columnsOf } from '../../experiments/measurements/index.ts';
import { findMethod, methodNames } from '../../experiments/methods.ts';
import type { Result } from '../../experiments/run.ts';
import { judge, signTest, pairedTest, summarize } from '../../experiments/verdict.ts';
import { findModel } from '../../models/architectures/index.ts';
import { createNetwork } from '../../models/engine/engines.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { averageWeights } from '../../pipeline/collectors/swa.ts';
import { compositionOf } from '../../pipeline/enough-points.ts';
import { parametersSchema } from '../../pipeline/parameters.ts';
import { train } from '../../pipeline/train.ts';
import { digits, shape } from '../pipeline/digits.ts';

/** Closed forms in float64, a few roundings each. */
const ROUNDING = 1e-12;

/** Accuracies of an arm with the seeds 1, 2, … */
const results = (arm: string, accuracies: readonly (number | null)[]): Result[] =>
  accuracies.map((accuracy, i) => ({
    arm,
    seed: i + 1,
    outcome:
      accuracy === null
        ? { status: 'diverged', epoch: 0, step: 3, seconds: 1 }
        : { status: 'done', metrics: { accuracy }, curve: [], seconds: 10 * (i + 1) },
  }));

const aAboveB: Claim = { says: 'a is above b', value: of('a'), relation: 'above', than: of('b') };

test('a summary is the mean and the sample standard deviation', (t) => {
  t.deepEqual(summarize([1, 2, 3]), { n: 3, mean: 2, sd: 1 });
  t.deepEqual(summarize([5]), { n: 1, mean: 5, sd: NaN });
});

test('the paired test of three differences is the closed form of two degrees of freedom', (t) => {
  // t = mean / (sd / √n) = 2 / (1 / √3); P(T > t) = ½ (1 − t / √(2 + t²)).
  const statistic = 2 * Math.sqrt(3);
  t.true(Math.abs(pairedTest([1, 2, 3]) - (1 - statistic / Math.sqrt(2 + statistic ** 2)) / 2) < ROUNDING);
});

test('the paired test of two differences is the closed form of one degree of freedom', (t) => {
  // t = 2 / (√2 / √2) = 2 for the differences 1 and 3; P(T > 2) = ½ − arctan(2) / π.
  t.true(Math.abs(pairedTest([1, 3]) - (0.5 - Math.atan(2) / Math.PI)) < ROUNDING);
});

test('differences that swap their sign have complementary probabilities', (t) => {
  t.true(Math.abs(pairedTest([1, 2, 4]) + pairedTest([-1, -2, -4]) - 1) < ROUNDING);
});

test('without scatter the sign of the difference decides, and none is a tie', (t) => {
  t.deepEqual([pairedTest([1, 1]), pairedTest([-1, -1]), pairedTest([0, 0])], [0, 1, 0.5]);
});

test('a claim holds, ties or fails by what all seeds say together', (t) => {
  const b = results('b', [0.9, 0.8, 0.7]);
  const verdict = (accuracies: number[]): string => judge(aAboveB, [...results('a', accuracies), ...b]).verdict;
  t.is(verdict([0.95, 0.86, 0.74]), 'holds');
  t.is(verdict([0.95, 0.75, 0.72]), 'tie');
  t.is(verdict([0.85, 0.74, 0.66]), 'fails');
});

test('pairing sees a small gain that the scatter between seeds would hide', (t) => {
  const all = [...results('a', [0.911, 0.512, 0.113]), ...results('b', [0.91, 0.51, 0.11])];
  t.is(judge(aAboveB, all).verdict, 'holds');
});

test('"below" turns the difference around', (t) => {
  const all = [...results('a', [0.1, 0.2]), ...results('b', [0.4, 0.5])];
  const judgement = judge({ ...aAboveB, relation: 'below' }, all);
  t.is(judgement.verdict, 'holds');
  t.true(Math.abs(judgement.difference! - 0.3) < ROUNDING);
});

test('a claim may compare with a number, with a multiple, and with a margin', (t) => {
  const all = [...results('a', [0.5, 0.6]), ...results('b', [0.3, 0.4])];
  const difference = (claim: Partial<Claim>): number => judge({ ...aAboveB, ...claim }, all).difference!;
  t.true(Math.abs(difference({ than: 0.5 }) - 0.05) < ROUNDING);
  t.true(Math.abs(difference({ times: 2 }) + 0.15) < ROUNDING);
  t.true(Math.abs(difference({ plus: 0.1 }) - 0.1) < ROUNDING);
  t.is(judge({ ...aAboveB, value: of('a', 'seconds'), than: of('b', 'seconds'), times: 0.5 }, all).difference, 7.5);
});

test('a seed in which one side diverged does not count', (t) => {
  const all = [...results('a', [0.5, null, 0.6]), ...results('b', [0.3, 0.4, 0.5])];
  t.is(judge(aAboveB, all).n, 2);
});

test('one seed decides nothing', (t) => {
  const all = [...results('a', [0.5, null]), ...results('b', [0.3, 0.4])];
  t.like(judge(aAboveB, all), { verdict: 'undecided', n: 1, p: null });
  t.like(judge(aAboveB, results('a', [0.5])), { verdict: 'undecided', n: 0, difference: null, p: null });
});

test('a sign test is the binomial tail over the seeds, without those that show no difference', (t) => {
  t.true(Math.abs(signTest(9, 10) - 11 / 1024) < ROUNDING);
  t.is(signTest(0, 10), 1);
  t.is(signTest(0, 0), 1);
  const signs = (values: number[]) => judge({ ...aAboveB, than: 5, test: 'sign' }, results('a', values));
  // One seed of six that is far below would be a tie by a t test.
  t.like(signs([9, 8, 7, 6, 6, 5]), { verdict: 'holds', n: 6, p: 1 / 32 });
  t.like(signs([6, 6, 6, 6, 6, -90, 6, 6]), { verdict: 'holds', n: 8, p: 9 / 256 });
  t.like(signs([5, 6, 4]), { verdict: 'tie', n: 3, p: 0.75 });
  t.like(signs([1, 2, 1, 4, 3]), { verdict: 'fails', n: 5, p: 1 });
});

// What every registered experiment keeps to.

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
