/** What lies among the records and is none, or means harm: it is named and left out, and all others are shown. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import test from 'ava';
import type * as api from '../../dashboard/api.ts';
import { FINDINGS_FILE } from '../../records/findings.ts';
import { csvOf, recordRun } from '../submissions/runs.ts';
import { recordAnalysis } from './analyses.ts';
import { makeStudy, openDashboard } from './dashboard.ts';
import { storeStudyAs } from '../helpers/stored-study.ts';

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
