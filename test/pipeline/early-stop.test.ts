/** Trainings that end before their time: on a plateau, when they diverge, or before they begin. */
import test from 'ava';
import { UserError } from '../../base/user-error.ts';
import { createNetwork } from '../../models/engine/engines.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { describeDivergence, divergenceRemedy } from '../../pipeline/divergence.ts';
import { compositionOf, expectTwoPoints, stepsPerEpoch } from '../../pipeline/enough-points.ts';
import { methods, type MethodName } from '../../pipeline/methods/index.ts';
import { parametersSchema, type Parameters } from '../../pipeline/parameters.ts';
import { totalSteps } from '../../pipeline/schedule.ts';
import { train, type TrainingResult } from '../../pipeline/train.ts';
import { planOf, smallMlp, someBatch } from '../helpers/plans.ts';
import { digits, shape } from './digits.ts';

const network = await createNetwork(await planOf(smallMlp), 'simd');
const batch = someBatch(network.plan, 24);
const images = { ...batch, labels: new Uint16Array(new SharedArrayBuffer(2 * batch.count)) };
images.labels.set(batch.labels);
/** Scores of eight epochs: the best is the second, and from then on nothing gets better. */
const accuracies = [0.5, 0.9, 0.7, 0.8, 0.6, 0.6, 0.6, 0.6];

/** @returns the result, and the weights that were scored after each epoch */
async function run(
  id: MethodName,
  given: object,
): Promise<[Extract<TrainingResult, { status: 'done' }>, Float32Array[]]> {
  const method = methods[id];
  const small = { batchSize: 8, patience: 2, learningRate: 0.05 };
  const parameters = parametersSchema.parse({ ...method.defaults, ...small, ...given });
  const seen: Float32Array[] = [];
  const validate = async (weights: Float32Array) => {
    seen.push(weights.slice());
    return { accuracy: accuracies[seen.length - 1], loss: 1 };
  };
  const result = await train({ network, images, method, parameters, epochs: 8, seed: 3, validate });
  if (result.status !== 'done') throw new Error(result.status);
  return [result, seen];
}

for (const id of ['plain', 'sam', 'bootstrap'] as const) {
  test(`${id} that is stopped on a plateau gives back its best epoch`, async (t) => {
    const [{ solutions, epochs, ended, restoredEpoch }, seen] = await run(id, { onPlateau: 'stop' });
    t.deepEqual([epochs.length, ended, restoredEpoch], [4, 'plateau', 1]);
    t.deepEqual(solutions, [seen[1]]);
  });
}

test('a training that is not stopped keeps its last weights, and its best ones on request', async (t) => {
  const [usual, seen] = await run('plain', { onPlateau: 'stop', patience: 7 });
  t.deepEqual([usual.epochs.length, usual.ended, usual.restoredEpoch], [8, 'epochs', null]);
  t.deepEqual(usual.solutions, [seen[7]]);
  const [best, seenAgain] = await run('plain', { restoreBest: true });
  t.deepEqual([best.epochs.length, best.ended, best.restoredEpoch], [8, 'epochs', 1]);
  t.deepEqual(best.solutions, [seenAgain[1]]);
});

test('an average of weights is that of the best epoch on request alone', async (t) => {
  const [stopped, seen] = await run('ema', { onPlateau: 'stop' });
  t.deepEqual([stopped.ended, stopped.restoredEpoch], ['plateau', null]);
  const [restored] = await run('ema', { onPlateau: 'stop', restoreBest: true });
  t.is(restored.restoredEpoch, 1);
  t.notDeepEqual(restored.solutions, stopped.solutions);
  t.notDeepEqual(restored.solutions, [seen[1]]);
});

test('what averages over epochs has no best epoch', async (t) => {
  const [{ restoredEpoch, solutions }] = await run('swa', { restoreBest: true });
  t.is(restoredEpoch, null);
  t.deepEqual(solutions, (await run('swa', {}))[0].solutions);
});

test('the epochs between two looks at the validation images have no score, and change no weights', async (t) => {
  const [each, all] = await run('plain', { patience: 9 });
  const [some, seen] = await run('plain', { patience: 9, validateEvery: 3 });
  t.deepEqual(seen, [all[2], all[5], all[7]]);
  t.deepEqual(some.solutions, each.solutions);
  t.deepEqual(
    some.epochs.map(({ validationAccuracy, validationLoss }) => [validationAccuracy, validationLoss]),
    [1, 2, 0.5, 4, 5, 0.9, 7, 0.7].map((score) => (score < 1 ? [score, 1] : [undefined, undefined])),
  );
  const trained = (epochs: typeof some.epochs) => epochs.map(({ epoch, trainLoss }) => [epoch, trainLoss]);
  t.deepEqual(trained(some.epochs), trained(each.epochs));
});

test('patience and the best epoch know the epochs with a score alone', async (t) => {
  const [{ epochs, ended, restoredEpoch, solutions }, seen] = await run('plain', {
    onPlateau: 'stop',
    patience: 1,
    validateEvery: 2,
  });
  t.deepEqual([epochs.length, ended, restoredEpoch], [6, 'plateau', 3]);
  t.deepEqual(solutions, [seen[1]]);
});

const remedy = (id: MethodName, given: Partial<Parameters>, trained?: number): string =>
  divergenceRemedy(methods[id], { ...methods[id].defaults, ...given }, trained);

test('a training that diverged names the parameters that are furthest above their defaults', (t) => {
  t.is(remedy('swa', { swaRate: 1e6 }), 'Lower `swaRate` (1000000, by default 1), or search for better ones.');
  t.is(
    remedy('plain', { weightDecay: 1e6 }),
    'Lower `weightDecay` (1000000, by default 0.001), or search for better ones.',
  );
  t.is(
    remedy('plain', { rho: 9, momentum: 0.9999, learningRate: 0.2 }),
    'Lower `rho` (9, by default 0) or `momentum` (0.9999, by default 0.83), or search for better ones.',
  );
  t.is(
    remedy('plain', { optimizer: 'adam' }),
    'Lower `learningRate` (0.1) for optimizer adam, or search for better ones.',
  );
});

test('a parameter without effect is not to blame, nor one of a phase that has not come', (t) => {
  t.regex(remedy('plain', { swaRate: 1e6 }), /^Lower `learningRate` \(0\.1\), /);
  t.regex(
    remedy('plain', { optimizer: 'sgd', momentum: 0.9999 }),
    /^Lower `learningRate` \(0\.1\) for optimizer sgd, /,
  );
  t.regex(remedy('swa', { swaRate: 1e6, learningRate: 1e9 }, 0.1), /^Lower `learningRate` \(1000000000, by default/);
});

test('a divergence says at which learning rate it came about, in the averaging phase at that of the phase', async (t) => {
  const parameters = { ...methods.swa.defaults, swaRate: 1e6, swaCycle: 0, batchSize: 32 };
  const result = await train({
    network: await createNetwork(await loadPlan('digit-cnn', shape, 10), 'simd'),
    images: digits(64),
    method: methods.swa,
    parameters,
    epochs: 20,
    seed: 1,
    validate: async () => ({ accuracy: 0, loss: 0 }),
  });
  if (result.status !== 'diverged') return t.fail(result.status);
  t.true(result.epoch >= 15, `${result.epoch}`);
  return t.is(result.learningRate, 1e6 * parameters.learningRate);
});

for (const [broken, step] of [
  ['the loss of a batch', 2],
  ['the validation loss', 1],
] as const) {
  test(`a divergence names its step, counted from 0, where ${broken} is not finite`, async (t) => {
    const spoil = (weights: Float32Array): Float32Array => weights.fill(NaN);
    const isBatch = broken === 'the loss of a batch';
    const result = await train({
      network,
      images,
      method: methods.plain,
      parameters: { ...methods.plain.defaults, batchSize: 12 },
      epochs: 2,
      seed: 1,
      async validate(weights) {
        if (isBatch) spoil(weights);
        return { accuracy: 0, loss: isBatch ? 0 : NaN };
      },
    });
    // 24 images in batches of 12 are two steps an epoch: 0 and 1, then 2.
    t.like(result, { status: 'diverged', epoch: Number(isBatch), step });
    t.regex(
      describeDivergence({ status: 'diverged', fold: 1, epoch: 4, step, learningRate: 0.1 }),
      new RegExp(`^fold 2 diverged in epoch 5 \\(step ${step + 1}\\) at learning rate 0.1$`),
    );
  });
}

const STEPS = 10;

/** What a collector has after all of its steps, by what it says and by what it keeps. */
async function pointsOf(
  id: MethodName,
  given: object,
  epochs: number,
): Promise<[said: number | undefined, kept: number]> {
  const clock = { epochs, stepsPerEpoch: STEPS };
  const { collector } = compositionOf(methods[id], { ...methods[id].defaults, ...given }, clock);
  for (let step = 0; step <= totalSteps(clock); step += 1) collector.observe(Float32Array.of(step), step);
  return [collector.points?.(totalSteps(clock)), (await collector.result(Float32Array.of(-1), async () => 0)).length];
}

test('snapshots say beforehand how many they will be', async (t) => {
  for (let epochs = 2; epochs < 30; epochs += 1) {
    for (const [id, given] of [
      ['fge', {}],
      ['fge', { swaCycle: 1, swaStart: 0.5 }],
      ['snapshot', { snapshots: 3 }],
    ] as const) {
      const [said, kept] = await pointsOf(id, given, epochs);
      t.is(said, kept, `${id} ${epochs}`);
    }
  }
});

const needed: [id: MethodName, given: object, epochs: number][] = [
  ['fge', {}, 12],
  ['swa', {}, 12],
  ['sam+swa', {}, 12],
  ['swa', { swaCycle: 0 }, 6],
  ['swa', { swaStart: 0, swaCycle: 1 }, 2],
  ['swa', { swaCycle: 0, includeStart: true }, 1],
  ['fge', { swaStart: 0.9, swaCycle: 5 }, 76],
];

for (const [id, given, epochs] of needed) {
  test(`${id} ${JSON.stringify(given)} wants ${epochs} epochs for two points`, (t) => {
    const parameters = { ...methods[id].defaults, ...given };
    t.notThrows(() => expectTwoPoints(id, parameters, epochs, STEPS));
    t.notThrows(() => expectTwoPoints(id, parameters, 10 * epochs, STEPS));
    if (epochs === 1) return;
    t.throws(() => expectTwoPoints(id, parameters, epochs - 1, STEPS), {
      instanceOf: UserError,
      message: new RegExp(
        `expected at least ${epochs} epochs, for two points .* got ${epochs - 1}\\. Train longer, or`,
      ),
    });
  });
}

test('methods that average nothing, or over every step, train for as short as one likes', (t) => {
  for (const id of ['plain', 'ema', 'sam', 'bootstrap'] as const) {
    t.notThrows(() => expectTwoPoints(id, methods[id].defaults, 1, STEPS));
  }
});

test('one snapshot is none however long the training is', (t) => {
  const parameters = { ...methods.snapshot.defaults, snapshots: 1 };
  t.throws(() => expectTwoPoints('snapshot', parameters, 50, STEPS), {
    instanceOf: UserError,
    message: 'snapshot: expected parameters that collect two points or more, got `snapshots` 1. Change them.',
  });
});

test('steps of an epoch are those of the images outside of a fold', (t) => {
  t.is(stepsPerEpoch(10_000, 5, 128), 63);
});
