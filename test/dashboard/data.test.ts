/** What the server tells of the images of a competition, and that it looks again when their files are others. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type * as api from '../../dashboard/api.ts';
import { findCompetition, lookAtData } from '../../data/index.ts';
import { writeSyntheticDigits } from '../../data/synthetic.ts';
import { openDashboard } from './dashboard.ts';
import { trainDigits } from './networks.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'dashboard-data-'));
const file = join(dataDir, 'train.csv');
test.before(() => writeSyntheticDigits(dataDir, { train: 200, test: 100 }));
test.after.always(() => rmSync(dataDir, { recursive: true }));

const base64 = (pixels: Uint8Array | null): string => Buffer.from(pixels!).toString('base64');

test('classes, means, samples, copies, doubtful labels and augmentations are those of the images', async (t) => {
  const { json, ask, runsDir, folder } = openDashboard(t, { dataDir });
  // Image 2 is a copy of image 1 with another label, and test image 3 is training image 6.
  const train = (await readFile(file, 'utf8')).split('\n');
  const testRows = (await readFile(join(dataDir, 'test.csv'), 'utf8')).split('\n');
  const pixels = (line: string): string => line.slice(line.indexOf(',') + 1);
  train[2] = `${train[2].slice(0, 1)},${pixels(train[1])}`;
  testRows[3] = pixels(train[6]);
  await writeFile(file, train.join('\n'));
  await writeFile(join(dataDir, 'test.csv'), testRows.join('\n'));
  await trainDigits({ dataDir, runsDir, outDir: join(folder, 'submissions') });

  const id = 'synthetic-digits';
  const { sets } = await json<api.DataSetsAnswer>('/api/data/sets');
  t.deepEqual(sets[0], { id, title: 'Synthetic digits' });
  const look = await lookAtData(findCompetition(id), { dataDir });
  const found = await json<api.DataAnswer>(`/api/data?id=${id}`);
  t.deepEqual([found.train, found.test, found.notes], [200, 100, [...look.notes]]);
  t.deepEqual(
    found.classes.map(({ name, count, mean, samples }) => [name, count, mean, samples.map(({ row }) => row)]),
    look.classes.map(({ name, count, mean, samples }) => [name, count, base64(mean), [...samples]]),
  );
  const placed = ({ of, row, label }: api.PicturedPlace): string => `${of} ${row} ${label ?? ''}`;
  t.deepEqual(
    found.duplicates.pairs
      .filter(({ similarity }) => similarity === 1)
      .map(({ first, second, images }) => [placed(first), placed(second), images]),
    [
      [`train 0 ${train[1][0]}`, `train 1 ${train[2][0]}`, 2],
      [`train 5 ${train[6][0]}`, 'test 2 ', 2],
    ],
  );
  t.is(found.duplicates.count, look.duplicates.exact.length + look.duplicates.near.length);
  t.deepEqual(
    found.augmentations.map(({ name, pixels: { length } }) => [name, length]),
    [
      ['none', 8],
      ['digits', 8],
      ['colour', 8],
    ],
  );

  const { runs } = await json<api.RunsAnswer>('/api/runs');
  const labels = await json<api.LabelErrorsAnswer>(`/api/data/labels?id=${id}&run=${runs[0].id}`);
  t.deepEqual([labels.run, labels.images, labels.suspected.length], [runs[0].name, 200, labels.count]);
  t.true(labels.count > 0, `${labels.count}`);
  for (const { label, suggested } of labels.suspected) t.not(label, suggested);

  // The same bytes at another time are the same images; others of the same size are not.
  const changed = train.map((line, i) =>
    i === 1 ? line.replace(/^./, (digit) => String((Number(digit) + 1) % 10)) : line,
  );
  await writeFile(file, changed.join('\n'));
  const again = await json<api.DataAnswer>(`/api/data?id=${id}`);
  t.notDeepEqual(
    again.classes.map(({ count }) => count),
    found.classes.map(({ count }) => count),
  );
  const refused = await ask(`/api/data/labels?id=${id}&run=${runs[0].id}`);
  t.is(refused.status, 400);
  t.regex(((await refused.json()) as api.Refusal).error, /expected the training images of .* with other labels/);
});

test('images that are missing, unknown competitions and questions for no progress are answered in a sentence', async (t) => {
  const nothing = mkdtempSync(join(tmpdir(), 'dashboard-data-'));
  t.teardown(() => rmSync(nothing, { recursive: true }));
  const { ask, json } = openDashboard(t, { dataDir: nothing });
  t.deepEqual(await json('/api/data/sets'), { sets: [] });
  const refusals: readonly [path: string, words: RegExp][] = [
    ['/api/data?id=synthetic-digits', /expected the training images of synthetic-digits, found none\..*data -- show/],
    ['/api/data?id=nothing', /^Unknown competition "nothing"/],
    // A request may name no file of the user.
    [`/api/data?id=${encodeURIComponent(join(nothing, 'competition.json'))}`, /^Unknown competition "/],
    ['/api/data?id=competition.json', /^Unknown competition "competition\.json"/],
    ['/api/data?id=..%2Fx', /^Unknown competition "\.\.\/x"/],
    ['/api/data', /Expected `id`/],
    ['/api/progress', /Expected `of`/],
  ];
  for (const [path, words] of refusals) {
    const response = await ask(path);
    t.is(response.status, 400, path);
    t.regex(((await response.json()) as api.Refusal).error, words);
  }
  t.is((await ask('/api/data/labels?id=mnist&run=nowhere')).status, 404);
  t.deepEqual(await json('/api/progress?of=/api/data'), { progress: null });
});
