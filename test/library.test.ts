/** The library's front door, `index.ts`, beside what `test/package` tries in an empty project. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { findCompetition } from '../data/competitions/index.ts';
import type { LabelledImages } from '../data/images.ts';
import { writeSyntheticDigits } from '../data/synthetic.ts';
import { loadData, predict, submit, train, UserError } from '../index.ts';

const test = anyTest as TestFn<string>;

test.before(async (t) => {
  t.context = await mkdtemp(join(tmpdir(), 'library-'));
  await writeSyntheticDigits(t.context, { train: 100, test: 10 });
});
test.after.always((t) => rm(t.context, { recursive: true, force: true }));

for (const [shape, model] of [
  [{ height: 3, width: 6, channels: 1 }, 'mlp'],
  [{ height: 8, width: 8, channels: 1 }, 'digit-cnn'],
  [{ height: 8, width: 8, channels: 3 }, 'vgg-slim'],
] as const) {
  const size = Object.values(shape).join(' × ');
  test(`train takes the model that suits the images, as the command line does: ${model} for ${size}`, async (t) => {
    const [count, classes] = [20, ['a', 'b']];
    const images: LabelledImages = {
      shape,
      count,
      pixels: new Uint8Array(new SharedArrayBuffer(count * shape.height * shape.width * shape.channels)),
      labels: new Uint16Array(new SharedArrayBuffer(2 * count)).fill(1, count / 2),
    };
    const competition = { ...findCompetition('synthetic-digits'), shape, classes };
    const data = { competition, train: images, test: { ...images, ids: [] } as never };
    const options = { method: 'plain', epochs: 1, folds: 2, workers: 1 } as const;
    const { plan } = await train(data, options);
    t.deepEqual(plan, (await train(data, { ...options, model })).plan);
  });
}

test('train holds a tenth of the images out by one of ten folds', async (t) => {
  const data = await loadData('synthetic-digits', t.context);
  const options = { model: 'digit-cnn', method: 'plain', epochs: 1, folds: 10, workers: 1 } as const;
  const holdout = await train(data, { ...options, trainFolds: 1 });
  const all = await train(data, options);
  t.is(holdout.folds.length, 1);
  t.is(holdout.outOfFoldRows.length, data.train.count / 10);
  t.is(holdout.outOfFold.n, data.train.count / 10);
  t.deepEqual(holdout.folds[0].solutions, all.folds[0].solutions);
  t.deepEqual(
    all.outOfFoldRows,
    Uint32Array.from({ length: data.train.count }, (_, row) => row),
  );
  const { classes } = holdout.plan;
  for (const [i, row] of holdout.outOfFoldRows.entries())
    t.deepEqual(
      holdout.outOfFoldProbabilities.slice(i * classes, (i + 1) * classes),
      all.outOfFoldProbabilities.slice(row * classes, (row + 1) * classes),
    );
});

test('numbers that train and submit cannot use are refused with their ranges', async (t) => {
  const data = await loadData('synthetic-digits', t.context);
  for (const [options, message] of [
    [{ epochs: 0 }, 'Expected `epochs` in the options to be a whole number of at least 1, got 0.'],
    [{ folds: 1 }, 'Expected `folds` in the options to be a whole number in 2 … 256, got 1.'],
    [{ trainFolds: 6 }, 'Expected `trainFolds` in the options to be at most the folds, got 6.'],
    [{ workers: NaN }, 'Expected `workers` in the options to be a whole number of at least 1, got NaN.'],
    [{ seed: 1.5 }, 'Expected `seed` in the options to be a whole number of at least 0, got 1.5.'],
  ] as const)
    await t.throwsAsync(train(data, options), { instanceOf: UserError, message });
  const competition = 'synthetic-digits';
  await t.throwsAsync(submit({ competition, dataDir: t.context, ttaViews: 300 }), {
    message: 'Expected `ttaViews` in the options to be a whole number in 1 … 256, got 300.',
  });
  const wrong = { epoch: 1 };
  await t.throwsAsync(train(data, wrong as object), {
    message:
      'Unknown key `epoch` in the options. Known: epochs, folds, trainFolds, seed, workers, model, parameters, engine, signal, ' +
      'method, onEpoch.',
  });
  const misspelt = { competition, dataDir: t.context, method: 'swa' };
  await t.throwsAsync(submit(misspelt), { message: /^Unknown key `method` in the options\. Known: .*, methods, / });
  const run = { run: 'x', files: [], view: 3 };
  await t.throwsAsync(predict(run), { message: /^Unknown key `view` in the options\. Known: run, files, / });
});
