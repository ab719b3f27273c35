import test from 'ava';
import { augmentations } from '../../data/augment.ts';
import { random } from '../../numerics/random.ts';
import { foldRows, stratifiedFolds } from '../../data/split.ts';
import { UserError } from '../../base/user-error.ts';
import { createNetwork } from '../../models/engine/engines.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { crossValidate } from '../../pipeline/cross-validate.ts';
import type { CrossValidationTask } from '../../pipeline/run-fold.ts';
import { describeAugmentation } from '../../pipeline/augment.ts';
import { parametersSchema } from '../../pipeline/parameters.ts';
import { createPool } from '../../pipeline/pool.ts';
import { validate } from '../../base/validate.ts';
import { assertClose } from '../helpers/close.ts';

/** The images are summed in another order. */
const SUMMATION_TOLERANCE = 1e-5;

const good = { learningRate: 0.02, momentum: 0.9, batchSize: 16, patience: 3 };
const augmentOf = (augment: unknown) => validate(parametersSchema, { ...good, augment }, 'best.json').augment;

test('nothing said is no augmentation', (t) => {
  t.deepEqual(validate(parametersSchema, good, 'best.json').augment, augmentations.none);
});

test('a preset becomes its amounts, and these are taken as they are', (t) => {
  for (const [name, amounts] of Object.entries(augmentations)) {
    t.deepEqual(augmentOf(name), amounts);
    t.deepEqual(augmentOf(structuredClone(amounts)), amounts);
  }
});

test('amounts left out are those of no augmentation', (t) => {
  t.deepEqual(augmentOf({ rotate: 10, elastic: { strength: 1 } }), {
    ...augmentations.none,
    rotate: 10,
    elastic: { strength: 1, spacing: 7 },
  });
});

for (const [augment, message] of [
  ['digit', 'Expected `augment` in best.json to be one of none, digits, colour, or an object of amounts, got "digit".'],
  [3, 'Expected `augment` in best.json to be one of none, digits, colour, or an object of amounts, got 3.'],
  [{ zoom: 0.6 }, 'Expected `augment.zoom` in best.json to be a number in 0 … 0.5, got 0.6.'],
  [{ crop: 1.5 }, 'Expected `augment.crop` in best.json to be a whole number in 0 … 64, got 1.5.'],
  [{ mixup: 0.001 }, 'Expected `augment.mixup` in best.json to be 0 or at least 0.01, got 0.001.'],
  [
    { elastic: { spacing: 1 } },
    'Expected `augment.elastic.spacing` in best.json to be a whole number in 2 … 64, got 1.',
  ],
  [{ elastic: { size: 1 } }, 'Unknown key `size` in best.json. Known: strength, spacing.'],
  [{ rotation: 10 }, `Unknown key \`rotation\` in best.json. Known: ${Object.keys(augmentations.none).join(', ')}.`],
] as const) {
  test(`${JSON.stringify(augment)} is refused with a remedy`, (t) => {
    t.throws(() => augmentOf(augment), { instanceOf: UserError, message });
  });
}

test('augmented training is the same with any number of workers, not that of clean images, and measures on clean ones', async (t) => {
  const shape = { height: 28, width: 28, channels: 1 };
  const stream = random(1, 'augmented training');
  const count = 120;
  const pixels = new Uint8Array(new SharedArrayBuffer(count * 784));
  const labels = new Uint16Array(new SharedArrayBuffer(count * 2));
  for (let k = 0; k < pixels.length; k += 1) pixels[k] = stream.integer(256);
  for (let i = 0; i < count; i += 1) labels[i] = i % 10;
  const task: CrossValidationTask = {
    plan: await loadPlan('digit-cnn', shape, 10),
    engine: 'simd',
    method: 'plain',
    parameters: parametersSchema.parse({ ...good, augment: 'digits' }),
    epochs: 2,
    folds: 3,
    seed: 7,
    images: { shape, count, pixels, labels },
  };
  const [one, two] = [createPool(1), createPool(2)];
  const [first, second, clean] = await Promise.all([
    crossValidate(one, task),
    crossValidate(two, task),
    crossValidate(two, { ...task, parameters: parametersSchema.parse(good) }),
  ]);
  await Promise.all([one.destroy(), two.destroy()]);
  if (first.status !== 'done' || second.status !== 'done' || clean.status !== 'done') return t.fail('diverged');
  t.deepEqual(first.probabilities, second.probabilities);
  for (const [k, fold] of first.folds.entries()) t.deepEqual(fold.solutions, second.folds[k].solutions);
  t.notDeepEqual(first.probabilities, clean.probabilities);

  const [{ solutions }] = first.folds;
  const { train } = foldRows(stratifiedFolds(labels, task.folds, task.seed), 0);
  const trainPixels = new Uint8Array(new SharedArrayBuffer(train.length * 784));
  for (const [to, from] of train.entries()) trainPixels.set(pixels.subarray(from * 784, (from + 1) * 784), to * 784);
  const network = await createNetwork(task.plan, task.engine);
  const { statistics } = await network.measure(solutions[0].weights, {
    shape,
    count: train.length,
    pixels: trainPixels,
  });
  assertClose(t, solutions[0].statistics, statistics, SUMMATION_TOLERANCE, 'statistics of images without augmentation');
});

test('an augmentation is described by its preset, or by the amounts that are on', (t) => {
  t.is(describeAugmentation(augmentations.digits), 'digits');
  t.is(describeAugmentation({ ...augmentations.none, shift: 2, mixup: 0.2 }), 'shift 2 + mixup 0.2');
});
