/** Data and runs in the dashboard. */
import type * as api from '../../dashboard/api.ts';
import test, { type ExecutionContext } from 'ava';
import { mkdtempSync, rmSync, existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCompetition, lookAtData } from '../../data/index.ts';
import { writeSyntheticDigits } from '../../data/synthetic.ts';
import { renameRun } from '../../records/index.ts';
import { csvOf, recordRun } from '../submissions/runs.ts';
import { openDashboard, HOST } from './dashboard.ts';
import { trainDigits } from './networks.ts';

// What the server tells of the images of a competition, and that it looks again when their files are others.

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
  const labels = await json<api.LabelErrorsAnswer>(`/api/run/labelErrors?id=${runs[0].id}`);
  t.deepEqual([labels.run, labels.images, labels.suspected.length], [runs[0].name, 200, labels.count]);
  t.true(labels.count > 0, `${labels.count}`);
  for (const { label, suggested } of labels.suspected) t.not(label, suggested);

  // A new name of the run and answers that come later are told at once.
  const told = async () => {
    const of = `?id=${runs[0].id}`;
    const { name } = await json<api.NetworksAnswer>(`/api/run/networks${of}`);
    const { run } = await json<api.LabelErrorsAnswer>(`/api/run/labelErrors${of}`);
    const { classes } = await json<api.DiagnosisAnswer>(`/api/run/diagnosis${of}`);
    return [name, run, classes.test?.images ?? null];
  };
  const solution = join(dataDir, 'solution.csv');
  await rename(solution, `${solution}.later`);
  t.deepEqual(await told(), [runs[0].name, runs[0].name, null]);
  await renameRun(join(runsDir, runs[0].id), 'renamed');
  await rename(`${solution}.later`, solution);
  t.deepEqual(await told(), ['renamed', 'renamed', 100]);

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
  const refused = await ask(`/api/run/labelErrors?id=${runs[0].id}`);
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
  t.is((await ask('/api/run/labelErrors?id=nowhere')).status, 404);
  t.deepEqual(await json('/api/progress?of=/api/data'), { progress: null });
});

// Runs are renamed and deleted in the dashboard by the rules of the command, by those who may write alone.

const TOKEN = 'abcdefghijklmnopqrstuvwxyz012345';

/** Three runs, the second of which is the best. */
async function openRuns(t: ExecutionContext, token?: string) {
  const dashboard = openDashboard(t, { token });
  const { runsDir, folder, ask, json } = dashboard;
  for (const [i, right] of [80, 95, 90].entries()) {
    const startedAt = `2026-01-0${i + 1}T00:00:00Z`;
    await recordRun(runsDir, { test: right, startedAt, file: join(folder, `${i}.csv`), csv: csvOf([i]) });
  }
  const { runs } = await json<api.RunsAnswer>('/api/runs');
  const order = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
    ask(path, {
      method,
      headers: { 'content-type': 'application/json', origin: `http://${HOST}`, ...headers },
      body: JSON.stringify(body),
    });
  return { ...dashboard, ids: runs.map(({ id }) => id).toReversed(), order };
}

const errorOf = async (response: Response): Promise<string> => ((await response.json()) as api.Refusal).error;

test('a run gets a new name, which no other run has', async (t) => {
  const { ids, order, json } = await openRuns(t);
  const renamed = await order('PATCH', '/api/run', { id: ids[0], name: ' first-try ' });
  t.deepEqual(await renamed.json(), { id: ids[0], name: 'first-try' });
  const names = async () => (await json<api.RunsAnswer>('/api/runs')).runs.map(({ name }) => name);
  t.is((await names())[2], 'first-try');
  const before = await names();
  const refusals: readonly [id: string, name: unknown, status: number, words: RegExp][] = [
    [ids[1], 'first-try', 400, /expected a name that no run has/],
    [ids[1], 'swa', 400, /means the newest run of that method/],
    [ids[1], '../x', 400, /letters, digits/],
    [ids[1], '', 400, /letters, digits/],
    [ids[1], 7, 400, /`name`/],
    ['../..', 'x', 404, /Unknown run/],
  ];
  for (const [id, name, status, words] of refusals) {
    const response = await order('PATCH', '/api/run', { id, name });
    t.is(response.status, status, String(name));
    t.regex(await errorOf(response), words);
  }
  t.deepEqual(await names(), before);
});

test('runs are deleted with their tags, but not the best one unless that is asked for', async (t) => {
  const { ids, order, json, put, runsDir } = await openRuns(t);
  await put({ kind: 'run', id: ids[0], text: 'slow', tags: ['old'] });
  const { runs } = await json<api.KeptRunsAnswer>(`/api/runs/kept?ids=${ids.join(',')}`);
  t.deepEqual(
    runs.map(({ id, needed }) => [id, needed]),
    [
      [ids[0], null],
      [ids[1], 'the best of small-digits'],
      [ids[2], null],
    ],
  );
  t.true(runs.every(({ bytes }) => bytes > 0));
  const first = await order('DELETE', '/api/runs', { ids: [ids[0], ids[1]], evenNeeded: false });
  const { deleted, kept }: api.DeletedAnswer = JSON.parse(await first.text());
  t.deepEqual([deleted.map(({ id }) => id), kept.map(({ id }) => id)], [[ids[0]], [ids[1]]]);
  t.false(existsSync(join(runsDir, ids[0])));
  const { notes } = await json<api.NotesAnswer>('/api/notes');
  t.deepEqual(notes, [{ kind: 'run', id: ids[0], text: 'slow', tags: [] }]);
  t.is((await order('DELETE', '/api/runs', { ids: [ids[1]], evenNeeded: true })).status, 200);
  t.deepEqual(
    (await json<api.RunsAnswer>('/api/runs')).runs.map(({ id }) => id),
    [ids[2]],
  );
  t.is((await order('DELETE', '/api/runs', { ids: [ids[0]], evenNeeded: false })).status, 404);
});

test('without the token, from another page or as a form nothing is renamed or deleted', async (t) => {
  const { ids, order, ask, json } = await openRuns(t, TOKEN);
  const bearer = { authorization: `Bearer ${TOKEN}` };
  for (const [method, path, body] of [
    ['PATCH', '/api/run', { id: ids[0], name: 'mine' }],
    ['DELETE', '/api/runs', { ids, evenNeeded: true }],
  ] as const) {
    t.is((await order(method, path, body)).status, 403);
    t.is((await order(method, path, body, { ...bearer, origin: 'https://evil.example' })).status, 403);
    t.is((await order(method, path, body, { ...bearer, 'content-type': 'text/plain' })).status, 415);
    t.is((await order(method, path, { ...body, more: 1 }, bearer)).status, 400);
    t.is((await order(method, path, 'x'.repeat(70_000), bearer)).status, 413);
  }
  t.is((await ask('/api/runs/kept?ids=..')).status, 404);
  t.is((await json<api.RunsAnswer>('/api/runs')).runs.length, 3);
  t.is((await order('PATCH', '/api/run', { id: ids[0], name: 'mine' }, bearer)).status, 200);
});
