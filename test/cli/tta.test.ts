/** Test-time augmentation from the training to the predictions of new images. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { augmentations } from '../../data/augment.ts';
import { loadTest } from '../../data/load.ts';
import { openEnsemble } from '../../submissions/predict-new.ts';
import { runProbabilities } from '../../submissions/run-probabilities.ts';
import { runIn } from './in-process.ts';
import { sharedProject, withoutReports } from './process.ts';

const { folder, data } = sharedProject();
const settings = ['--epochs', '4', '--folds', '2', '--seed', '3', '-q'];

/** Tables hold quotients by the sum of the row. */
const FLOAT32 = 1e-6;

const json = async (words: readonly string[]) => {
  const { code, stdout, stderr } = await runIn(folder, [...words, '--json']);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
};
/** The numbers of a table of probabilities, by id. */
async function probabilitiesIn(file: string): Promise<Map<string, number[]>> {
  const lines = (await readFile(join(folder, file), 'utf8')).trimEnd().split('\n').slice(1);
  return new Map(lines.map((line) => [line.split(',')[0], line.split(',').slice(1).map(Number)]));
}

test.serial.before(async () => {
  await withoutReports(folder);
  await writeFile(
    join(folder, 'moved.json'),
    JSON.stringify({
      learningRate: 0.05,
      momentum: 0.9,
      batchSize: 20,
      patience: 3,
      snapshots: 2,
      augment: { shift: 3, crop: 1, mixup: 0.2, cutout: 5 },
    }),
  );
  const submit = ['submit', ...data, ...settings, '--method', 'snapshot', '--params', 'moved.json', '--probabilities'];
  for (const words of [[], ['--tta', '5']]) {
    const { code, stderr } = await runIn(folder, [
      ...submit,
      ...words,
      '--name',
      words.length > 0 ? 'views' : 'without',
    ]);
    if (code !== 0) throw new Error(stderr);
  }
});

test.serial('a submit with --tta is scored, kept and submitted with the views, and trains the same', async (t) => {
  const [plain, views] = [
    await json(['runs', 'show', 'without', '--data-dir', 'digits']),
    await json(['runs', 'show', 'views', '--data-dir', 'digits']),
  ];
  t.deepEqual(views.configuration.tta.augmentation, { ...augmentations.none, shift: 1.5, crop: 1 });
  t.is(views.configuration.tta.views, 5);
  t.is(plain.configuration.tta, undefined);
  t.is(views.weights.sha256, plain.weights.sha256);

  const { methods } = await json(['compare', ...data, 'views']);
  const { snapshot } = methods;
  t.deepEqual(snapshot.tta, views.configuration.tta);
  const [ofTest, ofFolds] = [
    await probabilitiesIn(snapshot.probabilities.test.file),
    await probabilitiesIn(snapshot.probabilities.outOfFold.file),
  ];
  t.notDeepEqual(ofTest, await probabilitiesIn('submissions/synthetic-digits/without/snapshot-probabilities.csv'));
  const labels = (await readFile(join(folder, 'digits/train.csv'), 'utf8'))
    .split('\n')
    .slice(1)
    .map((line) => Number(line.split(',')[0]));
  const right = [...ofFolds.values()].filter((row, i) => row.indexOf(Math.max(...row)) === labels[i]).length;
  t.is(Math.round(snapshot.outOfFold.accuracy * 200), right);

  // The networks say again what was kept, to the bit.
  const run = join(folder, snapshot.run);
  const kept = await runProbabilities(run, { dataDir: join(folder, 'digits') });
  const { images } = await loadTest(kept.competition, { dataDir: join(folder, 'digits') });
  t.deepEqual(await (await openEnsemble(run)).predict(images), kept.test!.probabilities);
});

test.serial('predict uses the views of the run, and an image alone gets what it got among others', async (t) => {
  const all = await json(['predict', 'digits/test.csv', '--run', 'views', '-q']);
  const expected = await probabilitiesIn('submissions/synthetic-digits/views/snapshot-probabilities.csv');
  for (const { id, probabilities } of all.images) {
    for (const [k, p] of probabilities.entries()) t.true(Math.abs(p - expected.get(id)![k]) < FLOAT32);
  }
  const [header, ...rows] = (await readFile(join(folder, 'digits/test.csv'), 'utf8')).split('\n');
  await writeFile(join(folder, 'one.csv'), `${header}\n${rows[41]}\n`);
  const [alone] = (await json(['predict', 'one.csv', '--run', 'views', '-q'])).images;
  t.deepEqual(alone.probabilities, all.images[41].probabilities);
});

test.serial('predict --tta gives a run the views of a submit with as many, and says so', async (t) => {
  const [views, given, other] = [
    await json(['predict', 'digits/test.csv', '--run', 'views', '-q']),
    await json(['predict', 'digits/test.csv', '--run', 'without', '--tta', '5', '-q']),
    await json(['predict', 'digits/test.csv', '--run', 'views', '--tta', '2', '-q']),
  ];
  t.deepEqual(given.images, views.images);
  t.deepEqual(given.tta, views.tta);
  t.is(other.tta.views, 2);
  t.notDeepEqual(other.images, views.images);
  const { stdout } = await runIn(folder, ['predict', 'digits/test.csv', '--run', 'without', '--tta', '5', '-q']);
  t.regex(stdout, /the mean over the image and 5 changed views of it \(test-time augmentation\)\./);
  t.regex(stdout, /npm run predict -- digits\/test\.csv --run without --tta 5 --output labels\.csv\n/);
});

test.serial('averages of the networks are predicted with the same views, and blends take what is kept', async (t) => {
  const { method } = await json([
    'average',
    '--run',
    'views',
    '--data-dir',
    'digits',
    '-q',
    '--name',
    'averaged',
    '--tag',
    'mean',
  ]);
  t.is(method, 'snapshot-average');
  const averaged = await json(['runs', 'show', 'averaged', '--data-dir', 'digits']);
  t.is(averaged.configuration.tta.views, 5);
  t.deepEqual(averaged.tags, ['mean']);
  const blended = await json(['blend', 'views', 'averaged', '--data-dir', 'digits', '-q']);
  t.is(blended.members.length, 2);
  const { stdout } = await runIn(folder, ['leaderboard']);
  t.regex(stdout, / tta /);
});

test.serial('numbers of views that make no sense are refused, and a training that moves nothing is told', async (t) => {
  for (const value of ['0', '-1', '257', '1.5', 'many']) {
    const { code, stdout, stderr } = await runIn(folder, ['submit', ...data, '-q', `--tta=${value}`]);
    t.deepEqual([code, stdout], [2, '']);
    t.is(stderr, `Expected --tta to be a whole number from 1 to 256, got "${value}".\n`);
    t.is((await runIn(folder, ['predict', 'digits/test.csv', `--tta=${value}`])).stderr, stderr);
  }
  const { stderr } = await runIn(folder, [
    'submit',
    ...data,
    '--method',
    'plain',
    '--model',
    'mlp',
    '--epochs',
    '1',
    '--folds',
    '2',
    '--params',
    'default',
    '--tta',
    '2',
  ]);
  t.regex(
    stderr,
    /plain test-time augmentation: its training changes no image by moving it, so that the views are changed by half of the preset digits\./,
  );
});
