import test, { type ExecutionContext } from 'ava';
import { openSync, truncateSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { batchesInOrder } from '../../analysis/hessian.ts';
import { augmentations } from '../../data/augment.ts';
import { findDuplicates } from '../../data/duplicates.ts';
import { allPixels, type LabelledImages, pick, view } from '../../data/images.ts';
import { augmentedRows, lookAtClasses } from '../../data/look.ts';
import { oddities } from '../../data/oddities.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { createBatches } from '../../pipeline/batches.ts';
import { crossValidate } from '../../pipeline/cross-validate.ts';
import type { CrossValidationTask } from '../../pipeline/run-fold.ts';
import { digestOfImages } from '../../pipeline/digest.ts';
import { methods } from '../../pipeline/methods/index.ts';
import { createPool } from '../../pipeline/pool.ts';
import { createView } from '../../pipeline/tta.ts';
import { imagesDigest } from '../../tuning/task.ts';
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
