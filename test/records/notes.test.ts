/** Notes of several dashboards on one folder, of earlier versions, damaged ones, and more than there is room for. */
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type * as api from '../../dashboard/api.ts';
import { TooLargeError, Notes } from '../../records/notes.ts';
import { UserError } from '../../base/user-error.ts';
import { makeStudy, openDashboard } from '../dashboard/dashboard.ts';

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
