/** Records of notes, and of runs that have not ended. */
import type * as api from '../../dashboard/api.ts';
import test from 'ava';
import { execFileSync, fork, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TooLargeError, UserError } from '../../base/user-error.ts';
import { readLiveRuns, writeLiveRun } from '../../records/live-run.ts';
import { deleteRuns } from '../../records/manage-runs.ts';
import { Notes } from '../../records/notes.ts';
import { makeStudy, openDashboard } from '../dashboard/dashboard.ts';

// Notes of several dashboards on one folder, of earlier versions, damaged ones, and more than there is room for.

const note = (id: string, text = id): api.Note => ({ kind: 'study', id, text, tags: ['a'] });

test('notes that several processes keep at once are all kept', async (t) => {
  const { json, runsDir } = openDashboard(t);
  const children = Array.from({ length: 4 }, (_, i) =>
    fork(join(import.meta.dirname, 'note-writer.ts'), [runsDir, `${i}`], { silent: true }),
  );
  await Promise.all(children.map((child) => once(child, 'exit')));
  const { notes } = await json<api.NotesAnswer>('/api/notes');
  t.deepEqual(
    notes.map(({ id }) => id).toSorted(),
    [0, 1, 2, 3].flatMap((child) => Array.from({ length: 10 }, (_, i) => `${child}-${i}`)),
  );
});

test('a run that is deleted loses its tags, also where the next one cannot be deleted', async (t) => {
  const { runsDir } = openDashboard(t);
  mkdirSync(join(runsDir, 'a'), { recursive: true });
  const notes = new Notes(runsDir);
  await notes.keep({ kind: 'run', id: 'a', text: 'slow', tags: ['old'] });
  await t.throwsAsync(deleteRuns(runsDir, ['a', 'missing']), { instanceOf: UserError, message: /cannot be deleted/ });
  t.deepEqual((await notes.read()).notes, [{ kind: 'run', id: 'a', text: 'slow', tags: [] }]);
});

test('what a killed process has answered is there, and the file stays usable', async (t) => {
  const { json, runsDir } = openDashboard(t);
  const child = fork(join(import.meta.dirname, 'note-writer.ts'), [runsDir, 'k', '100000'], { silent: true });
  let answered = 0;
  for await (const chunk of child.stdout!) {
    answered = Number(String(chunk).trim().split('\n').at(-1));
    if (answered >= 3) break;
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  const { notes } = await json<api.NotesAnswer>('/api/notes');
  t.true(notes.length >= answered, `${notes.length} of ${answered}`);
  await new Notes(runsDir).keep(note('after'));
  t.is((await new Notes(runsDir).read()).notes.at(-1)?.id, 'after');
});

test('notes of an earlier version are shown, and taken over with the first change; their file stays', async (t) => {
  const { json, put, runsDir, storage } = openDashboard(t);
  await makeStudy(storage, 'parabola', 1);
  const file = join(runsDir, 'notes.json');
  const text = JSON.stringify({ format: 1, notes: [note('parabola', 'old'), note('gone', 'old')] });
  writeFileSync(file, text);
  t.is((await json<api.NotesAnswer>('/api/notes')).notes.length, 2);
  t.is((await put(note('parabola', 'new'))).status, 200);
  t.deepEqual((await json<api.NotesAnswer>('/api/notes')).notes, [note('gone', 'old'), note('parabola', 'new')]);
  t.is(readFileSync(file, 'utf8'), text);
});

test('a note for which there is no room is refused, and all others stay readable', async (t) => {
  const { json, put, runsDir, storage } = openDashboard(t);
  await makeStudy(storage, 'parabola', 1);
  const long = (i: number): api.Note => ({ ...note(`study ${i}`), text: 'x'.repeat(10_000) });
  const old = Array.from({ length: 1_660 }, (_, i) => long(i));
  writeFileSync(join(runsDir, 'notes.json'), JSON.stringify({ format: 1, notes: old }));
  const notes = new Notes(runsDir);
  const refusal = await t.throwsAsync(
    async () => {
      for (let i = 1_660; i < 1_700; i += 1) await notes.keep(long(i));
    },
    { instanceOf: TooLargeError },
  );
  t.regex(refusal.message, /at most 16777216 characters in all notes/);
  const { notes: kept } = await notes.read();
  t.true(kept.length > 1_660 && kept.length < 1_700);
  const refused = await put({ ...note('parabola'), text: 'x'.repeat(10_000) });
  t.is(refused.status, 413);
  t.deepEqual((await json<api.NotesAnswer>('/api/notes')).notes, kept);
  // A shorter one has room.
  t.is((await put(note('parabola', 'short'))).status, 200);
});

test('a file that holds no notes is named and left as it is', async (t) => {
  const { json, runsDir } = openDashboard(t);
  mkdirSync(runsDir);
  const file = join(runsDir, 'notes.db');
  writeFileSync(file, 'no database at all, but long enough to be one. '.repeat(50));
  const before = statSync(file).size;
  await t.throwsAsync(new Notes(runsDir).read(), { instanceOf: UserError, message: /notes\.db: notes can be neither/ });
  await t.throwsAsync(new Notes(runsDir).keep(note('a')), { instanceOf: UserError });
  t.is(statSync(file).size, before);
  t.regex((await json<api.NotesAnswer>('/api/notes')).unreadable[0], /notes\.db/);
});

test('a damaged note is told, and keeps no other from being shown', async (t) => {
  const { json, runsDir } = openDashboard(t);
  mkdirSync(runsDir);
  const notes = [note('a'), { ...note('b'), tags: 'none' }, note('c')];
  writeFileSync(join(runsDir, 'notes.json'), JSON.stringify({ format: 1, notes }));
  const answer = await json<api.NotesAnswer>('/api/notes');
  t.deepEqual(
    answer.notes.map(({ id }) => id),
    ['a', 'c'],
  );
  t.regex(answer.unreadable[0], /`tags` in a note in .*notes\.json/);
});

test('a FIFO in the place of the notes keeps nobody waiting', async (t) => {
  if (process.platform === 'win32') {
    t.pass('Windows has none');
    return;
  }
  const { json, runsDir } = openDashboard(t);
  mkdirSync(runsDir);
  execFileSync('mkfifo', [join(runsDir, 'notes.db')]);
  t.regex((await json<api.NotesAnswer>('/api/notes')).unreadable[0], /got a FIFO/);
  await t.throwsAsync(new Notes(runsDir).keep(note('a')), { instanceOf: UserError, message: /got a FIFO/ });
});

// Trainings that are seen while they go on.

const configuration = { competition: 'c', model: 'mlp', method: 'swa', epochs: 3, folds: 2, seed: 1 } as const;

test('a run is there from its start to its end', async (t) => {
  const runsDir = mkdtempSync(join(tmpdir(), 'live-'));
  t.teardown(() => rmSync(runsDir, { recursive: true }));
  const writer = writeLiveRun(runsDir, configuration);
  let runs = await readLiveRuns(runsDir);
  while (runs.length === 0) runs = await readLiveRuns(runsDir);
  t.like(runs[0], { configuration, folds: [[], []], ends: [null, null] });
  writer.onFold(1, { ended: 'plateau', restoredEpoch: 0 });
  while (runs[0].ends[1] === null) runs = await readLiveRuns(runsDir);
  t.deepEqual(runs[0].ends, [null, { ended: 'plateau', restoredEpoch: 0 }]);
  await writer.end();
  t.deepEqual(await readLiveRuns(runsDir), []);
  t.deepEqual(readdirSync(join(runsDir, 'live')), []);
});

test('what a dead process or somebody else left there does not count', async (t) => {
  const runsDir = mkdtempSync(join(tmpdir(), 'live-'));
  t.teardown(() => rmSync(runsDir, { recursive: true }));
  const writer = writeLiveRun(runsDir, configuration);
  while ((await readLiveRuns(runsDir)).length === 0);
  const folder = join(runsDir, 'live');
  const own = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]), 'utf8'));
  const { pid } = spawnSync(process.execPath, ['--version']);
  const others = [
    JSON.stringify({ ...own, owner: { ...own.owner, pid } }),
    '{',
    '[]',
    '',
    JSON.stringify({ ...own, folds: 1 }),
  ];
  for (const text of others) writeFileSync(join(folder, `${randomUUID()}.json`), text);
  mkdirSync(join(folder, `${randomUUID()}.json`));
  t.is((await readLiveRuns(runsDir)).length, 1);
  await writer.end();
  t.is((await readLiveRuns(runsDir)).length, 0);
});

test('what a dead process left is taken away by the next run, what somebody else left is not', async (t) => {
  const runsDir = mkdtempSync(join(tmpdir(), 'live-'));
  t.teardown(() => rmSync(runsDir, { recursive: true }));
  const folder = join(runsDir, 'live');
  const first = writeLiveRun(runsDir, configuration);
  while ((await readLiveRuns(runsDir)).length === 0);
  const own = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]), 'utf8'));
  const { pid } = spawnSync(process.execPath, ['--version']);
  const dead = { ...own, owner: { ...own.owner, pid } };
  const foreign = { ...dead, owner: { ...dead.owner, host: 'elsewhere' } };
  const kept = [JSON.stringify(foreign), '{'].map((text) => {
    const name = `${randomUUID()}.json`;
    writeFileSync(join(folder, name), text);
    return name;
  });
  writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify(dead));
  const second = writeLiveRun(runsDir, configuration);
  await Promise.all([first.end(), second.end()]);
  t.deepEqual(readdirSync(folder).toSorted(), kept.toSorted());
});

test('a run on another machine counts while its file is written anew', async (t) => {
  const runsDir = mkdtempSync(join(tmpdir(), 'live-'));
  t.teardown(() => rmSync(runsDir, { recursive: true }));
  const writer = writeLiveRun(runsDir, configuration);
  while ((await readLiveRuns(runsDir)).length === 0);
  const folder = join(runsDir, 'live');
  const own = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]), 'utf8'));
  await writer.end();
  const file = join(folder, `${randomUUID()}.json`);
  // Another boot with the same host name and process id.
  writeFileSync(file, JSON.stringify({ ...own, owner: { ...own.owner, processStart: 'another-boot/1' } }));
  t.is((await readLiveRuns(runsDir)).length, 1);
  for (const minutes of [-2, 24 * 60]) {
    const written = new Date(Date.now() + minutes * 60_000);
    utimesSync(file, written, written);
    t.is((await readLiveRuns(runsDir)).length, 0, `${minutes}`);
  }
});

test('a folder that cannot be made keeps no run from going on', async (t) => {
  const writer = writeLiveRun('/proc/nothing', configuration);
  writer.onEpoch(0, { epoch: 0, learningRate: 1, trainLoss: 1, validationAccuracy: 1, validationLoss: 1 });
  await t.notThrowsAsync(writer.end());
});
