/** Analyses in the dashboard, and hostile texts. */
import type * as api from '../../dashboard/api.ts';
import test from 'ava';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FINDINGS_FILE } from '../../records/findings.ts';
import { storeStudyAs } from '../helpers/stored-study.ts';
import { finishedJson } from '../report/finished-experiment.ts';
import { csvOf, recordRun } from '../submissions/runs.ts';
import { charts, findings, recordAnalysis } from './analyses.ts';
import { openDashboard, makeStudy } from './dashboard.ts';

// What the server tells of analyses, whatever lies in their folder.

const analysisAt = (id: string): string => `/api/analysis?${new URLSearchParams({ id }).toString()}`;

test('analyses are told newest first, each chart of one as it was written', async (t) => {
  const { json, runsDir } = openDashboard(t);
  t.deepEqual(await json('/api/analyses'), { analyses: [], unreadable: [] });
  const all = Object.values(charts);
  for (const [day, id] of ['line-a', 'plane-b'].entries()) {
    const folder = await recordAnalysis(runsDir, id, { charts: all });
    const date = new Date(Date.UTC(2026, 0, 1 + day));
    utimesSync(join(folder, FINDINGS_FILE), date, date);
  }
  const { analyses } = await json<api.AnalysesAnswer>('/api/analyses');
  t.deepEqual(
    analyses.map(({ id }) => id),
    ['plane-b', 'line-a'],
  );
  t.false('charts' in analyses[0]);
  t.deepEqual(await json(analysisAt('line-a')), {
    ...findings,
    charts: all,
    runNames: {},
    id: 'line-a',
    writtenAt: '2026-01-01T00:00:00.000Z',
  });
});

test('damaged, oversized and old analyses are told in words; one that has just begun is not told', async (t) => {
  const { ask: request, json, runsDir } = openDashboard(t);
  const good = await recordAnalysis(runsDir, 'plane-good');
  const text = readFileSync(join(good, FINDINGS_FILE), 'utf8');
  const broken: readonly (readonly [id: string, content: string, words: RegExp])[] = [
    ['a-damaged', '{', /expected JSON/],
    ['b-foreign', '{}', /Expected `kind`/],
    ['c-endless', text.replace('"x":[0,', '"x":["0",'), /Expected `charts\.0\.chart\.data\.x\.0`/],
    ['d-unknown', text.replace('"kind":"plane","data"', '"kind":"globe","data"'), /a chart that this version knows/],
    ['e-huge', ' '.repeat(32 * 2 ** 20 + 1), /at most 33554432 bytes/],
  ];
  for (const [id, content] of broken) {
    mkdirSync(join(runsDir, 'analysis', id));
    writeFileSync(join(runsDir, 'analysis', id, FINDINGS_FILE), content);
  }
  for (const [id, file] of [
    ['f-old', 'result.json'],
    ['g-begun', 'points.jsonl'],
  ]) {
    mkdirSync(join(runsDir, 'analysis', id));
    writeFileSync(join(runsDir, 'analysis', id, file), '{}');
  }
  writeFileSync(join(runsDir, 'analysis', 'file'), '');
  const { analyses, unreadable } = await json<api.AnalysesAnswer>('/api/analyses');
  t.deepEqual(
    analyses.map(({ id }) => id),
    ['plane-good'],
  );
  t.is(unreadable.length, broken.length + 1);
  for (const [id, , words] of broken) {
    t.true(
      unreadable.some((sentence) => words.test(sentence)),
      id,
    );
    t.is((await request(analysisAt(id))).status, 400, id);
  }
  t.true(unreadable.some((sentence) => /f-old: expected a file findings\.json.*Run the analysis again/.test(sentence)));
});

test('only what a listing has found is read: no path, no device, no link', async (t) => {
  const { ask: request, folder, runsDir } = openDashboard(t);
  await recordAnalysis(runsDir, 'plane-good');
  await recordAnalysis(folder, 'secret');
  symlinkSync(join(folder, 'analysis', 'secret'), join(runsDir, 'analysis', 'linked'));
  mkdirSync(join(runsDir, 'analysis', 'device'));
  symlinkSync('/dev/zero', join(runsDir, 'analysis', 'device', FINDINGS_FILE));
  const ids = ['../../analysis/secret', '..', '.', 'plane-good/', '/etc', 'linked', 'device', '__proto__', 'a\0b'];
  for (const id of ids) t.is((await request(analysisAt(id))).status, 404, id);
  t.is((await request(analysisAt('plane-good'))).status, 200);
});

test('names that look like markup or paths are texts like any other', async (t) => {
  const { json, runsDir } = openDashboard(t);
  const names = ['<img src=x onerror=alert(1)>', '__proto__', "';DROP", '%2e%2e'];
  for (const name of names) await recordAnalysis(runsDir, name, { title: name });
  for (const name of names) t.like(await json<api.AnalysisAnswer>(analysisAt(name)), { id: name, title: name });
});

test('an analysis that gets sharper is told anew, one that was deleted no more', async (t) => {
  const { json, runsDir } = openDashboard(t);
  const title = async (): Promise<string | null> =>
    (await json<api.AnalysesAnswer>('/api/analyses')).analyses.at(0)?.title ?? null;
  const folder = await recordAnalysis(runsDir, 'plane-a', { title: 'coarse' });
  t.is(await title(), 'coarse');
  await recordAnalysis(runsDir, 'plane-a', { title: 'sharper' });
  t.is(await title(), 'sharper');
  rmSync(folder, { recursive: true });
  t.is(await title(), null);
});

// What the server tells of the results of experiments, whatever lies in their folders.
const experimentAt = (id: string): string => `/api/experiment?${new URLSearchParams({ id }).toString()}`;

test('results of experiments are told with claims, arms and figures; damaged ones in words', async (t) => {
  const dashboard = openDashboard(t);
  const { json, runsDir, put } = dashboard;
  t.deepEqual(await json('/api/experiments'), { experiments: [], unreadable: [] });
  const folder = join(runsDir, 'experiments', 'swa-lr');
  mkdirSync(join(folder, 'results'), { recursive: true });
  writeFileSync(join(folder, 'results', 'sgd-seed-1.json'), 'a training');
  writeFileSync(join(folder, 'quick.json'), JSON.stringify(finishedJson('swa-lr')));
  writeFileSync(join(folder, 'broken.json'), '{"experiment": "swa-lr"}');
  writeFileSync(join(folder, 'quick.md'), 'words');

  const { experiments, unreadable } = await json<api.ExperimentsAnswer>('/api/experiments');
  t.is(experiments.length, 1);
  t.like(experiments[0], { id: 'swa-lr/quick', experiment: 'swa-lr', name: 'quick' });
  t.is(unreadable.length, 1);
  t.regex(unreadable[0], /broken\.json: expected the result of an experiment/);

  const result = await json<api.ExperimentAnswer>(experimentAt('swa-lr/quick'));
  t.is(result.claims.rows.length, result.verdicts.length);
  t.deepEqual(
    result.figures.map(({ kind }) => kind),
    ['arms', 'sweep', 'curves', 'curves'],
  );
  t.is((await dashboard.ask(experimentAt('../swa-lr/quick'))).status, 404);

  t.is((await put({ kind: 'experiment', id: 'swa-lr/quick', text: '', tags: ['final'] })).status, 200);
  t.is((await put({ kind: 'experiment', id: 'swa-lr/none', text: '', tags: ['final'] })).status, 404);
  const { notes } = await json<api.NotesAnswer>('/api/notes');
  t.deepEqual(notes, [{ kind: 'experiment', id: 'swa-lr/quick', text: '', tags: ['final'] }]);
});

// What lies among the records and is none, or means harm: it is named and left out, and all others are shown.

/** 50,000 levels: more than the stack of a recursive check bears. */
const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;

/** Each is put in the place of a file. */
const harmful: Readonly<Record<string, (file: string) => void>> = {
  'deep JSON': (file) => writeFileSync(file, `{"format":1,"folds":${deep}}`),
  'no JSON': (file) => writeFileSync(file, '{'),
  'control characters': (file) => writeFileSync(file, '\x1b]0;pwned\x07'),
  'another shape': (file) => writeFileSync(file, '[null]'),
  'bytes that are no text': (file) => writeFileSync(file, Buffer.of(0x80, 0x81)),
  'a folder': (file) => mkdirSync(file),
  ...(process.platform === 'win32'
    ? {}
    : {
        'a FIFO': (file: string) => void execFileSync('mkfifo', [file]),
        'a device without an end': (file: string) => symlinkSync('/dev/zero', file),
      }),
};

for (const [what, put] of Object.entries(harmful)) {
  test(`${what} in the place of a record, findings, a live run or earlier notes hides nothing else`, async (t) => {
    const { ask, json, folder, runsDir, storage } = openDashboard(t);
    await makeStudy(storage, 'parabola', 1);
    await recordRun(runsDir, { file: join(folder, 'plain.csv'), csv: csvOf([1]) });
    await recordAnalysis(runsDir, 'plane-good');
    const bad = '20250101T000000Z-x';
    for (const path of [bad, 'analysis/bad', 'live']) mkdirSync(join(runsDir, path), { recursive: true });
    put(join(runsDir, bad, 'record.json'));
    put(join(runsDir, 'analysis/bad', FINDINGS_FILE));
    put(join(runsDir, 'live', `${randomUUID()}.json`));
    const { runs, unreadable, live } = await json<api.RunsAnswer>('/api/runs');
    t.deepEqual([runs.length, unreadable.length, live.length], [1, 1, 0]);
    // One line that a terminal only shows.
    t.regex(unreadable[0], /^[^\p{Cc}]*20250101T000000Z-x[^\p{Cc}]*$/u);
    const board = await json<api.LeaderboardAnswer>('/api/leaderboard');
    t.deepEqual([board.rows.length, board.unreadable.length], [1, 1]);
    t.is((await ask(`/api/run?id=${bad}`)).status, 400);
    const { analyses } = await json<api.AnalysesAnswer>('/api/analyses');
    t.deepEqual(
      analyses.map(({ id }) => id),
      ['plane-good'],
    );
    const { status } = await ask('/api/analysis?id=bad');
    t.true([400, 404].includes(status), `${status}`);

    put(join(runsDir, 'notes.json'));
    t.regex((await json<api.NotesAnswer>('/api/notes')).unreadable[0], /notes\.json/);
    t.is((await json<api.StudiesAnswer>('/api/studies')).studies.length, 1);
  });
}

test('deep JSON in the body of a request is refused in a sentence', async (t) => {
  const { put, storage } = openDashboard(t);
  await makeStudy(storage, 'parabola', 1);
  const response = await put(`{"kind":"study","id":"parabola","text":"","tags":${'['.repeat(20_000)}`);
  t.is(response.status, 400);
  t.regex(((await response.json()) as api.Refusal).error, /at most 64 levels/);
});

test('names with half a character, with NUL and with marks of direction are found by the address', async (t) => {
  const { json, storage } = openDashboard(t);
  await makeStudy(storage, 'parabola', 6);
  for (const name of ['\ud800lone', '\u202egnp.exe', '\x1b[2Jesc', '🙂']) {
    await storeStudyAs(storage, 'parabola', name);
    const query = new URLSearchParams({ name }).toString();
    const { summary } = await json<api.StudyAnswer>(`/api/study?${query}`);
    t.is(summary.definition.name.toWellFormed(), name.toWellFormed());
    for (const part of ['importance', 'slices', 'curves']) await json(`/api/study/${part}?${query}`);
    await json(`/api/study/contour?x=x&y=rate&${query}`);
  }
});

test('a missing file of the page is none, whatever its name', async (t) => {
  const { ask } = openDashboard(t);
  for (const path of ['/assets/x', '/assets/', '/assets/main.css', '/x.js']) t.is((await ask(path)).status, 404, path);
  for (const path of ['/', '/study', '/nowhere']) t.is((await ask(path)).status, 200, path);
});

test('a record whose run was copied to another name is told as such', async (t) => {
  const { json, folder, runsDir } = openDashboard(t);
  await recordRun(runsDir, { file: join(folder, 'plain.csv'), csv: csvOf([1]) });
  const [id] = readdirSync(runsDir);
  mkdirSync(join(runsDir, `${id}-copy`));
  writeFileSync(join(runsDir, `${id}-copy`, 'record.json'), readFileSync(join(runsDir, id, 'record.json')));
  t.regex((await json<api.RunsAnswer>('/api/runs')).unreadable[0], /expected its own record/);
});
