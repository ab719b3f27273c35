import test from 'ava';
import { random } from '../../numerics/random.ts';
import type { LabelledImages } from '../../data/images.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { crossValidate } from '../../pipeline/cross-validate.ts';
import type { CrossValidationTask } from '../../pipeline/run-fold.ts';
import type { Parameters } from '../../pipeline/parameters.ts';
import { methodNames, methods, type MethodName } from '../../pipeline/methods/index.ts';
import { createPool } from '../../pipeline/pool.ts';

const shape = { height: 28, width: 28, channels: 1 };

/** Noise with one bright column per class: learnt within a few epochs. */
function stripes(count: number): LabelledImages {
  const stream = random(1, 'stripes');
  const pixels = new Uint8Array(new SharedArrayBuffer(count * 784));
  for (let i = 0; i < pixels.length; i += 1) pixels[i] = stream.integer(60);
  const labels = new Uint16Array(new SharedArrayBuffer(count * 2));
  for (let i = 0; i < count; i += 1) {
    labels[i] = i % 10;
    for (let y = 0; y < 28; y += 1) pixels[i * 784 + y * 28 + 2 * labels[i] + 4] = 255;
  }
  return { shape, count, pixels, labels };
}

const task = async (method: MethodName, parameters: Partial<Parameters> = {}): Promise<CrossValidationTask> => ({
  plan: await loadPlan('digit-cnn', shape, 10),
  engine: 'simd',
  method,
  parameters: { ...methods[method].defaults, batchSize: 16, learningRate: 0.02, ...parameters },
  epochs: 4,
  folds: 3,
  seed: 7,
  images: stripes(300),
});

const [one, two] = [createPool(1), createPool(2)];
test.after.always(() => Promise.all([one.destroy(), two.destroy()]));

for (const method of methodNames) {
  test(`${method} gives the same bits with one and with two workers, and learns`, async (t) => {
    const cv = await task(method);
    const [first, second] = await Promise.all([crossValidate(one, cv), crossValidate(two, cv)]);
    if (first.status !== 'done' || second.status !== 'done') return t.fail('diverged');
    t.deepEqual(first.probabilities, second.probabilities);
    for (const [k, fold] of first.folds.entries()) {
      t.deepEqual(fold.solutions, second.folds[k].solutions);
      t.deepEqual(fold.epochs, second.folds[k].epochs);
      t.is(fold.epochs.length, 4);
    }
    t.is(first.outOfFold.n, 300);
    t.true(first.outOfFold.accuracy > 0.9, `accuracy ${first.outOfFold.accuracy}`);
    return t.pass();
  });
}

test('a learning rate far too high ends in a clear result, not in a crash', async (t) => {
  const result = await crossValidate(one, await task('plain', { learningRate: 1e30 }));
  t.like(result, { status: 'diverged', fold: 0, epoch: 0 });
});

test('aborting ends a cross-validation', async (t) => {
  // An abort ends the threads of a pool, and other tests would wait for new ones.
  const pool = createPool(1);
  const controller = new AbortController();
  const running = crossValidate(
    pool,
    { ...(await task('plain')), epochs: 10_000 },
    { signal: controller.signal, onEpoch: () => controller.abort() },
  );
  await t.throwsAsync(running, { name: 'AbortError' });
  await pool.destroy();
});
