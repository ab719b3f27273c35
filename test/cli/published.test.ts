import test from 'ava';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readDescription } from '../../data/described.ts';
import { allPixels } from '../../data/images.ts';
import { loadTest, loadTrain } from '../../data/load.ts';
import { type Published, publish, published } from '../data/published.ts';
import { morePublished } from '../data/published-more.ts';
import { temporaryFolder } from '../data/tiny.ts';
import { runIn } from './in-process.ts';
import { withoutReports } from './process.ts';

const training = ['--method', 'plain', '--model', 'digit-cnn', '--epochs', '1', '--folds', '2', '--workers', '1'];
/** Large enough for the network, and quick to train. */
const SIDE = 8;

for (const expected of [...published, ...morePublished]) {
  test(`${expected.name} is read as its publisher means it, searched, submitted and ranked`, async (t) => {
    const folder = await temporaryFolder(t);
    await withoutReports(folder);
    const dataDir = join(folder, 'set');
    await publish(dataDir, expected);
    const typed = async (...words: string[]) => {
      const { code, stdout, stderr } = await runIn(folder, [...words, '--json']);
      t.is(code, 0, stderr);
      return { ...JSON.parse(stdout), stderr };
    };
    const { files } = await typed('data', '--data-dir', 'set');
    t.is(files[0].rows, expected.labels.length);
    const description = join(dataDir, 'competition.json');
    await assertRead(t, description, expected);

    await makeSmall(description);
    const own = ['--data-dir', 'set', ...training];
    const { methods: searched } = await typed('search', ...own, '--trials', '1');
    t.is(searched.plain.trials.complete, 1);
    const { methods, stderr } = await typed('submit', ...own);
    const { submission, paramsFrom } = methods.plain;
    t.regex(paramsFrom, /^trial \d of study /);
    t.is(/has no test images: methods are compared on folds/.test(stderr), expected.ids === null);
    const [header, ...rows] = (await readFile(join(folder, submission), 'utf8')).trimEnd().split('\n');
    t.is(header.split(',')[0], expected.columns[0]);
    t.deepEqual(
      rows.map((row) => row.slice(0, row.indexOf(','))),
      expected.ids ?? [],
    );
    const { competitions } = await typed('leaderboard', '--competition', 'set/competition.json');
    t.is(competitions[0].submissions.length, 1);
  });
}

async function assertRead(t: Parameters<typeof temporaryFolder>[0], file: string, expected: Published): Promise<void> {
  const competition = readDescription(file);
  const { shape, classes, submission, files } = competition;
  t.deepEqual([shape.height, shape.width, shape.channels], expected.shape);
  t.deepEqual(classes, expected.classes);
  t.deepEqual([submission.id, submission.label], expected.columns);
  t.deepEqual(submission.probabilities, expected.probabilities);

  const train = await loadTrain(competition);
  t.deepEqual([...train.labels], expected.labels);
  if (expected.pixel) {
    const { row, x, y, value } = expected.pixel;
    t.is(allPixels(train)[(row * shape.height + y) * shape.width + x], value);
  }
  t.is(files.test.length === 0, expected.ids === null);
  t.deepEqual((await loadTest(competition)).ids, expected.ids ?? []);
}

/** Image files can be shrunk to any size. */
async function makeSmall(file: string): Promise<void> {
  const description = JSON.parse(await readFile(file, 'utf8'));
  if (description.train.format !== 'folders' && description.train.format !== 'files') return;
  const shape = { ...description.shape, height: SIDE, width: SIDE };
  await writeFile(file, JSON.stringify({ ...description, shape }));
}
