import { UserError } from '../../base/user-error.ts';
import test from 'ava';
import { createHash } from 'node:crypto';
import { createNetwork } from '../../models/engine/engines.ts';
import type { Network, Solution } from '../../models/engine/network.ts';
import { augmentations } from '../../data/augment.ts';
import { noisyLabels } from '../../data/labels.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { averageWeights } from '../../pipeline/collectors/swa.ts';
import { crossValidate, validateWeights } from '../../pipeline/cross-validate.ts';
import type { CrossValidationTask } from '../../pipeline/run-fold.ts';
import { type Clock } from '../../pipeline/schedule.ts';
import { compositionOf } from '../../pipeline/enough-points.ts';
import { type Parameters, parametersSchema } from '../../pipeline/parameters.ts';
import type { Dimension } from '../../pipeline/method.ts';
import {
  averageOf,
  findMethod,
  methodNames,
  methodOfRun,
  methods,
  type MethodName,
} from '../../pipeline/methods/index.ts';
import { createPool } from '../../pipeline/pool.ts';
import { countCorrect, predictedLabels } from '../../pipeline/evaluate.ts';
import { ensemble } from '../../pipeline/predict.ts';
import { trainOnLabels } from '../../pipeline/labels.ts';
import { digits, shape } from './digits.ts';
import { allPixels } from '../../data/images.ts';

const CLASSES = 10;
const pool = createPool(1);
test.after.always(() => pool.destroy());

const images = digits(240);
const loadDigitPlan = () => loadPlan('digit-cnn', shape, CLASSES);
const twoFolds = async (method: MethodName, parameters: Parameters, epochs: number): Promise<CrossValidationTask> => ({
  plan: await loadDigitPlan(),
  engine: 'simd',
  folds: 2,
  seed: 3,
  images,
  method,
  parameters,
  epochs,
});

/** SHA-256 of all weights, statistics and out-of-fold probabilities, on every machine, and of what parameters. */
const published = {
  plain: {
    parameters: { learningRate: 0.047, momentum: 0.74, batchSize: 16, patience: 2 },
    expected: '8b9641dc06a8407fdfb9d69af60ae614e07d8b1b73872f7c0a5e1d74f05f0652',
  },
  swa: {
    parameters: { learningRate: 0.1, momentum: 0.75, batchSize: 16, patience: 2 },
    expected: '28e62bf34b9992b401c00f3fa37d05db4bf84c11e3da32bc38fb46447e6e96e4',
  },
};

for (const [method, { parameters: given, expected }] of Object.entries(published) as [
  keyof typeof published,
  typeof published.plain,
][]) {
  test(`${method} gives bit by bit what it gave when it was published`, async (t) => {
    const parameters = { ...methods[method].defaults, ...given };
    const result = await crossValidate(pool, await twoFolds(method, parameters, 5));
    if (result.status !== 'done') return t.fail('diverged');
    const digest = createHash('sha256');
    for (const { weights, statistics } of result.folds.flatMap(({ solutions }) => solutions)) {
      digest.update(new Uint8Array(weights.buffer)).update(new Uint8Array(statistics.buffer));
    }
    return t.is(digest.update(new Uint8Array(result.probabilities.buffer)).digest('hex'), expected);
  });
}

/** Few images in few epochs: rates that learn them fast, and averages and cycles that fit in. */
const quick: Partial<Parameters> = { batchSize: 16, learningRate: 0.05, swaCycle: 2, swaStart: 0.5, snapshots: 2 };
/** A network that counts how often it is asked for a gradient. */
async function countingNetwork(): Promise<Network & { gradients: number }> {
  const network = await createNetwork(await loadDigitPlan(), 'simd');
  const counting = Object.create(network) as Network & { gradients: number };
  counting.gradients = 0;
  counting.lossAndGradient = (...call) => {
    counting.gradients += 1;
    return network.lossAndGradient(...call);
  };
  return counting;
}

/** One training, validated on other images than it learnt. */
async function train(method: MethodName, parameters: Partial<Parameters>, epochs: number) {
  const network = await countingNetwork();
  const result = await trainOnLabels({
    network,
    images,
    method: methods[method],
    parameters: { ...methods[method].defaults, ...parameters },
    epochs,
    seed: 3,
    validate: async () => ({ accuracy: 0, loss: 0 }),
  });
  if (result.status !== 'done') throw new Error(`${method} ${result.status}`);
  return { network, ...result };
}

for (const id of methodNames) {
  const { defaults, space, title } = methods[id];
  test(`${id} learns digits end to end, with as many solutions as it says`, async (t) => {
    const parameters = { ...defaults, ...quick };
    const result = await crossValidate(pool, await twoFolds(id, parameters, 12));
    if (result.status !== 'done') return t.fail('diverged');
    t.true(result.outOfFold.accuracy > 0.6, `${title}: ${result.outOfFold.accuracy}`);
    const solutions = await collectedSteps(id, quick, { epochs: 12, stepsPerEpoch: 8 });
    for (const fold of result.folds) t.is(fold.solutions.length, solutions.length);
    return t.is(result.folds[0].epochs.length, 12);
  });

  test(`${id} searches parameters that there are, and its defaults lie among them`, (t) => {
    for (const [name, dimension] of Object.entries(space)) {
      for (const value of edges(dimension)) t.notThrows(() => parametersSchema.parse({ ...defaults, [name]: value }));
      const value = defaults[name as keyof Parameters];
      if (dimension.kind === 'categorical') t.true(dimension.choices.includes(value as number), name);
      else t.true(Number(value) >= dimension.low && Number(value) <= dimension.high, name);
    }
    t.deepEqual(parametersSchema.parse(defaults), defaults);
    t.true('learningRate' in space);
  });
}

const edges = (dimension: Dimension): readonly number[] =>
  dimension.kind === 'categorical' ? dimension.choices : [dimension.low, dimension.high];

test('sam takes two gradients a step, bootstrap trains twice, and distill its teachers besides', async (t) => {
  const [plain, sam, bootstrap, distill, both] = await Promise.all(
    (
      [
        ['plain', quick],
        ['sam', quick],
        ['bootstrap', quick],
        ['distill', { ...quick, teachers: 2 }],
        ['distill', { ...quick, teachers: 1, bootstrap: true }],
      ] as const
    ).map(async ([id, parameters]) => (await train(id, parameters, 2)).network.gradients),
  );
  t.is(plain, 2 * 15);
  t.is(sam, 2 * plain);
  t.is(bootstrap, 2 * plain);
  t.is(distill, 3 * plain);
  t.is(both, 3 * plain);
});

test('a bootstrap tells the epochs of its teacher apart from those that count', async (t) => {
  const parameters = { ...methods.bootstrap.defaults, ...quick };
  const seen: string[] = [];
  const result = await crossValidate(pool, await twoFolds('bootstrap', parameters, 3), {
    onEpoch(fold, { epoch }, isTeacher) {
      if (fold === 0) seen.push(isTeacher ? `teacher ${epoch}` : `${epoch}`);
    },
  });
  t.deepEqual(seen, ['teacher 0', 'teacher 1', 'teacher 2', '0', '1', '2']);
  t.is(result.status === 'done' && result.folds[0].epochs.length, 3);
});

test('weights of a cross-validation that are validated again get the same scores and statistics', async (t) => {
  const augment = { ...augmentations.digits, mixup: 0.2 };
  const task = await twoFolds('snapshot', { ...methods.snapshot.defaults, ...quick, snapshots: 2, augment }, 2);
  const trained = await crossValidate(pool, task);
  if (trained.status !== 'done') return t.fail('diverged');
  const weights = trained.folds.map(({ solutions }) => solutions.map((solution) => solution.weights));
  const again = await validateWeights(pool, task, weights, augment);
  t.deepEqual(again.probabilities, trained.probabilities);
  t.deepEqual([again.train, again.outOfFold], [trained.train, trained.outOfFold]);
  for (const [fold, { solutions }] of again.folds.entries()) t.deepEqual(solutions, trained.folds[fold].solutions);
  return t.pass();
});

test('training sees noisy labels where asked for, in a bootstrap first these and then predicted ones', async (t) => {
  const places = new Map(Array.from(images.labels, (_, i) => [imageText(allPixels(images), i), i]));
  const network = await createNetwork(await loadDigitPlan(), 'simd');
  const seen: number[][] = [];
  let steps = 0;
  await trainOnLabels({
    network: {
      plan: network.plan,
      engine: network.engine,
      measure: (...call) => network.measure(...call),
      predict: (...call) => network.predict(...call),
      lossAndGradient(weights, batch, gradient) {
        if (steps % 15 === 0) seen.push([]);
        steps += 1;
        for (let i = 0; i < batch.count; i += 1) {
          seen[seen.length - 1][places.get(imageText(batch.pixels, i))!] = batch.labels[i];
        }
        return network.lossAndGradient(weights, batch, gradient);
      },
    },
    images,
    method: methods.bootstrap,
    parameters: { ...methods.bootstrap.defaults, ...quick, labelNoise: 0.4 },
    epochs: 1,
    seed: 3,
    validate: async () => ({ accuracy: 0, loss: 0 }),
  });
  t.is(seen.length, 2);
  t.deepEqual(seen[0], [...noisyLabels(images, 0.4, CLASSES, 3).labels]);
  t.is(seen[1].length, images.count);
  t.notDeepEqual(seen[1], seen[0]);
});

test('with teachers the targets are their mean prediction of the very images of the batch, and its labels', async (t) => {
  const network = await createNetwork(await loadDigitPlan(), 'simd');
  const teachers: Solution[] = [];
  let steps = 0;
  await trainOnLabels({
    network: {
      plan: network.plan,
      engine: network.engine,
      predict: (...call) => network.predict(...call),
      async measure(...call) {
        const solution = await network.measure(...call);
        teachers.push(solution);
        return solution;
      },
      async lossAndGradient(weights, batch, gradient) {
        steps += 1;
        if (steps <= 30) t.is(batch.targets, undefined);
        else {
          const { count, pixels, labels, targets } = batch;
          const seen = { shape, count, pixels: new Uint8Array(new SharedArrayBuffer(count * 784)) };
          seen.pixels.set(pixels.subarray(0, count * 784));
          const predicted = await ensemble(network, teachers, seen);
          const expected = predicted.map(
            (share, i) => 0.75 * share + 0.25 * Number(labels[Math.floor(i / CLASSES)] === i % CLASSES),
          );
          t.deepEqual(targets!.subarray(0, count * CLASSES), expected);
        }
        return network.lossAndGradient(weights, batch, gradient);
      },
    },
    images,
    method: methods.distill,
    parameters: {
      ...methods.distill.defaults,
      ...quick,
      augment: augmentations.digits,
      teachers: 2,
      distillation: 0.75,
    },
    epochs: 1,
    seed: 3,
    validate: async () => ({ accuracy: 0, loss: 0 }),
  });
  t.is(steps, 3 * 15);
  t.is(teachers.length, 2);
  t.notDeepEqual(teachers[0].weights, teachers[1].weights);
});

const imageText = (pixels: Uint8Array, image: number): string =>
  Buffer.from(pixels.subarray(image * 784, (image + 1) * 784)).toString('latin1');

test('bootstrap fixes wrong labels: the second network sees what the first predicts', async (t) => {
  const noise = { ...quick, labelNoise: 0.4 };
  const accuracy = async (id: MethodName): Promise<number> => {
    const { network, solutions } = await train(id, noise, 10);
    const measured = [];
    for (const weights of solutions) measured.push(await network.measure(weights, images));
    return countCorrect(predictedLabels(await ensemble(network, measured, images), CLASSES), images.labels);
  };
  // 40 % of the labels are random, of which nine in ten are wrong.
  t.true((await accuracy('bootstrap')) / images.count > 0.64);
  // A network that gets the same labels learns the same, whatever else it is called.
  t.deepEqual(
    (await train('bootstrap', { ...noise, bootstrap: false }, 3)).solutions,
    (await train('plain', noise, 3)).solutions,
  );
});

const clock: Clock = { epochs: 20, stepsPerEpoch: 10 };
const compose = (id: MethodName, parameters: Partial<Parameters>, over = clock) =>
  compositionOf(methods[id], { ...methods[id].defaults, learningRate: 1, ...parameters }, over);

/** The steps after which a collector keeps weights: those w = (steps) that come out. */
async function collectedSteps(id: MethodName, parameters: Partial<Parameters>, over = clock): Promise<number[]> {
  const { collector } = compose(id, parameters, over);
  const weights = new Float32Array(1);
  for (let steps = 0; steps <= over.epochs * over.stepsPerEpoch; steps += 1)
    collector.observe(weights.fill(steps), steps);
  return (await collector.result(weights, async () => 0)).map(([steps]) => steps);
}

test('fge keeps the weights in the middle of every cycle, where the rate is lowest, the last at the very end', async (t) => {
  const parameters: Partial<Parameters> = { swaStart: 0.5, swaCycle: 4, swaRate: 0.8, schedule: 'constant' };
  const steps = await collectedSteps('fge', parameters);
  t.deepEqual(steps, [120, 160, 200]);
  const { schedule } = compose('fge', parameters);
  // Step k is taken at the rate of index k − 1; the cycles begin after 100 steps.
  for (const k of steps) t.true(Math.abs(schedule.rate(k - 1) - 0.04) < 1e-12);
  t.deepEqual(
    [99, 139, 140].map((i) => Number(schedule.rate(i).toFixed(3))),
    [1, 0.8, 0.762],
  );
});

test('snapshot keeps the weights at the minimum of every cosine, the last at the very end', async (t) => {
  t.deepEqual(await collectedSteps('snapshot', { snapshots: 4 }), [50, 100, 150, 200]);
  // 200 = 2 + 3 · 66
  const steps = await collectedSteps('snapshot', { snapshots: 3 });
  t.deepEqual(steps, [68, 134, 200]);
  const { schedule } = compose('snapshot', { snapshots: 3 });
  for (const k of steps) {
    t.true(schedule.rate(k - 1) < 0.001);
    if (k < 200) t.is(schedule.rate(k), 1);
  }
  t.is((await collectedSteps('snapshot', { snapshots: 5 }, { epochs: 1, stepsPerEpoch: 2 })).length, 2);
});

test('swa of the same trajectory is the average of the checkpoints that were saved', async (t) => {
  const phase: Partial<Parameters> = { ...quick, swaCycle: 0, swaStart: 0.5 };
  const [average] = (await train('swa', phase, 8)).solutions;
  // The same trajectory again: at step 60 of 120 and after every epoch from then on.
  const checkpoints: Float32Array[] = [];
  const network = await createNetwork(await loadDigitPlan(), 'simd');
  await trainOnLabels({
    network,
    images,
    method: {
      ...methods.swa,
      compose(parameters, over) {
        const composition = methods.swa.compose(parameters, over);
        const observe = (weights: Float32Array, steps: number): void => {
          if (steps > 60 && steps % 15 === 0) checkpoints.push(weights.slice());
        };
        return { ...composition, collector: { ...composition.collector, observe } };
      },
    },
    parameters: { ...methods.swa.defaults, ...phase },
    epochs: 8,
    seed: 3,
    validate: async () => ({ accuracy: 0, loss: 0 }),
  });
  t.is(checkpoints.length, 4);
  t.deepEqual(averageWeights(checkpoints), average);
});

test('swa from scratch averages from the first epoch on, at the constant averaging rate', async (t) => {
  const parameters: Partial<Parameters> = { swaStart: 0, swaCycle: 0, swaRate: 0.5 };
  t.deepEqual(
    [0, 100, 199].map((step) => compose('swa', parameters).schedule.rate(step)),
    [0.5, 0.5, 0.5],
  );
  // The mean of 10, 20, … 200.
  t.deepEqual(await collectedSteps('swa', parameters), [105]);
  t.deepEqual(await collectedSteps('swa', { ...parameters, includeStart: true }), [100]);
});

test('swa anneals to its averaging rate before it averages, as in the paper, where the schedule is linear', (t) => {
  const parameters: Partial<Parameters> = {
    swaCycle: 0,
    swaStart: 0.5,
    swaRate: 0.05,
    finalRate: 0.05,
    schedule: 'linear',
  };
  const { schedule } = compose('swa', parameters);
  t.deepEqual(
    [0, 49, 50, 70, 90, 99, 100, 199].map((i) => Number(schedule.rate(i).toFixed(6))),
    [1, 1, 1, 0.525, 0.05, 0.05, 0.05, 0.05],
  );
});

test('no plateau may end training before the phase that a method is named for', (t) => {
  for (const id of ['swa', 'fge', 'sam+swa'] as const) {
    t.throws(() => compose(id, { schedule: 'plateau', onPlateau: 'stop' }), {
      instanceOf: UserError,
      message: /^Expected onPlateau to be "lower" or "ignore" before (averaging|snapshots), got "stop"/,
    });
  }
  t.notThrows(() => compose('plain', { schedule: 'plateau', onPlateau: 'stop' }));
});

test('larger swa budgets walk on where smaller ones ended', (t) => {
  const budgets = [1, 1.25, 1.5].map((budget) => ({ epochs: budget * 40, swaStart: 0.75 / budget }));
  const schedules = budgets.map(
    ({ epochs, swaStart }) =>
      compose('swa', { swaStart, swaCycle: 2, schedule: 'cosine' }, { epochs, stepsPerEpoch: 5 }).schedule,
  );
  for (let step = 0; step < 40 * 5; step += 1) {
    for (const schedule of schedules) t.is(schedule.rate(step), schedules[0].rate(step));
  }
});

test('ema has the time constant that its parameters say, in epochs', async (t) => {
  // Far from the start, the mean age of what an average with decay d holds is d / (1 − d) steps.
  const over = { epochs: 100, stepsPerEpoch: 10 };
  const [average] = await collectedSteps('ema', { emaEpochs: 2 }, over);
  t.true(Math.abs(1000 - average - 19) < 1e-3, `${average}`);
});

test('a run whose solutions were averaged has the settings of its method and a title of its own', (t) => {
  t.is(methodOfRun('fge'), findMethod('fge'));
  t.like(methodOfRun(averageOf('fge')), { title: 'FGE, averaged', defaults: findMethod('fge').defaults });
  t.throws(() => methodOfRun('foo-average'), { message: /^Unknown method "foo"/ });
});
