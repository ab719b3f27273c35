/** Images while they train: in a file, and augmented. */
import test, { type ExecutionContext } from 'ava';
import { openSync, truncateSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { batchesInOrder } from '../../analysis/hessian.ts';
import { UserError } from '../../base/user-error.ts';
import { validate } from '../../base/validate.ts';
import { augmentations, augmented } from '../../data/augment.ts';
import { findDuplicates } from '../../data/duplicates.ts';
import { allPixels, type LabelledImages, pick, view } from '../../data/images.ts';
import { augmentedRows, lookAtClasses } from '../../data/look.ts';
import { oddities } from '../../data/oddities.ts';
import { foldRows, stratifiedFolds } from '../../data/split.ts';
import { createNetwork } from '../../models/engine/engines.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { random } from '../../numerics/random.ts';
import { describeAugmentation } from '../../pipeline/augment.ts';
import { createBatches } from '../../pipeline/batches.ts';
import { crossValidate } from '../../pipeline/cross-validate.ts';
import { digestOfImages } from '../../pipeline/digest.ts';
import { methods } from '../../pipeline/methods/index.ts';
import { parametersSchema } from '../../pipeline/parameters.ts';
import { createPool } from '../../pipeline/pool.ts';
import { type CrossValidationTask, foldSeed } from '../../pipeline/run-fold.ts';
import { createView } from '../../pipeline/tta.ts';
import { imagesDigest } from '../../tuning/task.ts';
import { assertClose } from '../helpers/close.ts';
import { digits, shape } from './digits.ts';

const OFFSET = 5;
const names = Array.from({ length: 10 }, (_, k) => String(k));

/** The same images with their pixels in a file, after a few other bytes. */
async function inFile(t: ExecutionContext, images: LabelledImages): Promise<{ images: LabelledImages; path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'pixels-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'kept.images');
  const pixels = allPixels(images);
  await writeFile(path, [new Uint8Array(OFFSET), pixels]);
  const file = { name: path, descriptor: openSync(path, 'r'), offset: OFFSET, bytes: pixels.length };
  return { images: { ...images, pixels: file }, path };
}

test('images in a file train, validate and label others as those in memory do, to the last bit', async (t) => {
  const pool = createPool(2);
  t.teardown(() => pool.destroy());
  const [images, others] = [digits(60), digits(30, 5)];
  const task = async (train: LabelledImages, unlabelled: LabelledImages): Promise<CrossValidationTask> => ({
    plan: await loadPlan('mlp', shape, 10),
    engine: 'simd',
    method: 'plain',
    parameters: {
      ...methods.plain.defaults,
      batchSize: 10,
      augment: { ...augmentations.digits, mixup: 0.4, cutmix: 0.5 },
    },
    epochs: 1,
    folds: 2,
    seed: 7,
    images: train,
    pseudoLabels: { confidence: 0.12, images: unlabelled },
  });
  const results = [
    await crossValidate(pool, await task(images, others)),
    await crossValidate(pool, await task((await inFile(t, images)).images, (await inFile(t, others)).images)),
    await crossValidate(pool, { ...(await task(images, others)), pseudoLabels: undefined }),
    await crossValidate(pool, { ...(await task((await inFile(t, images)).images, others)), pseudoLabels: undefined }),
  ].map((result) =>
    result.status === 'done' ? [result.probabilities, result.folds.map((fold) => fold.solutions)] : t.fail(),
  );
  t.deepEqual(results[1], results[0]);
  t.deepEqual(results[3], results[2]);
});

test('images in a file are looked at, compared, changed and digested as those in memory', async (t) => {
  const images = digits(40);
  const kept = (await inFile(t, images)).images;
  const rows = Uint32Array.of(3, 4, 5, 0, 39);
  const seen = async (all: LabelledImages) => {
    const part = view(all, rows);
    const turned = new Uint8Array(5 * 784);
    createView(shape, { views: 1, augmentation: augmentations.digits, seed: 3 }, 0)(part, 0, 5, turned);
    return [
      digestOfImages(all),
      imagesDigest(all),
      await lookAtClasses(all, names, 3),
      augmentedRows(all, [1, 7], augmentations.digits),
      await oddities(all, pick(all, rows), names),
      await findDuplicates(all, pick(all, rows)),
      allPixels(pick(part, Uint32Array.of(1, 2, 4))),
      turned,
      Array.from(createBatches(part, 2, 1)(0), ({ pixels, labels }) => [[...pixels], [...labels]]),
      Array.from(batchesInOrder(part, 2), ({ count, pixels }) => [...pixels.subarray(0, count * 784)]),
    ];
  };
  t.deepEqual(await seen(kept), await seen(images));
  // Labels may be a part of a larger array.
  const labels = new Uint16Array(new SharedArrayBuffer(84)).subarray(1, 41);
  labels.set(images.labels);
  t.is(imagesDigest({ ...images, labels }), imagesDigest(images));
});

test('a file that is removed while it is read is read on, and one that is cut off ends in a sentence', async (t) => {
  const images = digits(10);
  const kept = await inFile(t, images);
  await rm(kept.path);
  t.deepEqual([...allPixels(kept.images)], [...allPixels(images)]);
  const cut = await inFile(t, images);
  truncateSync(cut.path, OFFSET + 784 * 4 + 100);
  t.is([...createBatches(view(cut.images, Uint32Array.of(0, 3)), 2, 1)(0)].length, 1);
  t.throws(() => [...createBatches(cut.images, 2, 1)(0)], {
    name: 'UserError',
    message: /kept\.images: expected the images that were kept there.*ends early.*Remove that file and start again/,
  });
});

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
  [{ elastic: { size: 1 } }, 'Unknown key `augment.elastic.size` in best.json. Known: strength, spacing.'],
  [
    { rotation: 10 },
    `Unknown key \`augment.rotation\` in best.json. Known: ${Object.keys(augmentations.none).join(', ')}.`,
  ],
] as const) {
  test(`${JSON.stringify(augment)} is refused with a remedy`, (t) => {
    t.throws(() => augmentOf(augment), { instanceOf: UserError, message });
  });
}

test('augmented training is the same with any number of workers, not that of clean images, and measures on augmented ones', async (t) => {
  const size = { height: 28, width: 28, channels: 1 };
  const stream = random(1, 'augmented training');
  const count = 120;
  const pixels = new Uint8Array(new SharedArrayBuffer(count * 784));
  const labels = new Uint16Array(new SharedArrayBuffer(count * 2));
  for (let k = 0; k < pixels.length; k += 1) pixels[k] = stream.integer(256);
  for (let i = 0; i < count; i += 1) labels[i] = i % 10;
  const task: CrossValidationTask = {
    plan: await loadPlan('digit-cnn', size, 10),
    engine: 'simd',
    method: 'plain',
    parameters: parametersSchema.parse({ ...good, augment: 'digits' }),
    epochs: 2,
    folds: 3,
    seed: 7,
    images: { shape: size, count, pixels, labels },
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
  const network = await createNetwork(task.plan, task.engine);
  const shown = { shape: size, count: train.length, pixels: trainPixels };
  // `makeFolds` shuffles the rows of a fold, and what is drawn goes by the place of an image among them.
  random(task.seed, 'order', 0).shuffle(train);
  for (const [to, from] of train.entries()) trainPixels.set(pixels.subarray(from * 784, (from + 1) * 784), to * 784);
  const seen = augmented(shown, augmentations.digits, foldSeed(task.seed, 0));
  const { statistics } = await network.measure(solutions[0].weights, seen);
  assertClose(t, solutions[0].statistics, statistics, SUMMATION_TOLERANCE, 'statistics of augmented images');
});

test('an augmentation is described by its preset, or by the amounts that are on', (t) => {
  t.is(describeAugmentation(augmentations.digits), 'digits');
  t.is(describeAugmentation({ ...augmentations.none, shift: 2, mixup: 0.2 }), 'shift 2 + mixup 0.2');
});
