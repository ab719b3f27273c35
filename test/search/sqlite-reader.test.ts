import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'ava';
import { optimize } from '../../search/optimize.ts';
import { openStorage } from '../../search/storage/index.ts';
import { trialChecksum } from '../../search/storage/rows.ts';
import { copyRows, makeTables } from '../../search/storage/sqlite-schema.ts';
import { StudyError } from '../../search/study-error.ts';
import { readStudy } from '../../search/read-study.ts';
import { openStudy } from '../../search/open-study.ts';
import type { FrozenTrial } from '../../search/frozen-trial.ts';

const folder = mkdtempSync(join(tmpdir(), 'sqlite-reader-'));
test.after.always(() => rmSync(folder, { recursive: true }));

const options = { name: 'a', direction: 'minimize', sampler: 'random' } as const;

/** A file with a study of 20 trials, in a folder of its own. */
async function makeStudy(name: string): Promise<string> {
  const path = join(folder, name, 'studies.db');
  const study = await openStudy({ ...options, storage: path });
  await optimize(study, (trial) => trial.suggestFloat('x', 0, 1), { trials: 20 });
  await study.close();
  return path;
}

const read = async (path: string): Promise<readonly FrozenTrial[]> => (await readStudy(path, 'a')).trials;

test('reading makes no file beside the store, and changes none', async (t) => {
  const path = await makeStudy('rest');
  const bytes = readFileSync(path);
  t.is((await read(path)).length, 20);
  t.deepEqual(readdirSync(dirname(path)), [basename(path)]);
  t.deepEqual(readFileSync(path), bytes);
});

test('a store that is open to read is read anew when others write, replace or delete it', async (t) => {
  const path = await makeStudy('changing');
  const reader = await openStorage(path, { readOnly: true });
  const count = async (): Promise<number> => (await reader.readTrials('a')).trials.length;
  t.is(await count(), 20);
  const study = await openStudy({ ...options, storage: path });
  for (let i = 0; i < 3; i += 1) {
    await study.tell(await study.ask(), 0);
    t.is(await count(), 21 + i);
  }
  await study.close();
  t.is(await count(), 23);
  const other = await makeStudy('other');
  copyFileSync(other, `${path}.new`);
  rmSync(path);
  copyFileSync(`${path}.new`, path);
  t.is(await count(), 20);
  rmSync(path);
  await t.throwsAsync(count(), { instanceOf: StudyError, message: /^There is no study file / });
  await t.throwsAsync(reader.deleteStudy('a'), { instanceOf: TypeError });
  await reader.close();
});

test('what a killed process has left in the log is read, also without the index of the log', async (t) => {
  const path = await makeStudy('killed');
  const study = await openStudy({ ...options, storage: path });
  await study.tell(await study.ask(), 0);
  const copies = join(folder, 'copies');
  mkdirSync(copies);
  for (const end of ['', '-wal']) copyFileSync(path + end, join(copies, `studies.db${end}`));
  await study.close();
  t.is((await read(join(copies, 'studies.db'))).length, 21);
  t.deepEqual(readdirSync(copies), ['studies.db', 'studies.db-wal']);
});

/** As the program of then has left it. */
function makeFormat(path: string, format: number): string {
  const old = join(dirname(path), `format-${format}.db`);
  const database = new DatabaseSync(path, { readOnly: true });
  const model = new DatabaseSync(old);
  makeTables(model, format);
  for (const row of database.prepare('SELECT * FROM studies').all()) {
    const { id, name, definition, revision } = row;
    if (format === 1)
      model.prepare('INSERT INTO studies (id, name, definition) VALUES (?, ?, ?)').run(id, name, definition);
    else if (format === 2) model.prepare('INSERT INTO studies VALUES (?, ?, ?, ?)').run(id, name, definition, revision);
    else model.prepare('INSERT INTO studies VALUES (?, ?, ?, ?, ?)').run(...Object.values(row));
  }
  for (const row of database.prepare('SELECT * FROM trials').all()) {
    const { checksum: _checksum, seen, owner, lease_until: lease, revision, ...other } = row;
    const { objective_values: _values, constraint_values: _constraints, ...record } = other;
    const checksum = trialChecksum(format < 4 ? { ...row, seen: null } : row);
    const later = [[owner, lease, revision], [checksum], [seen]].slice(0, format - 1);
    const values = [...Object.values(record), ...later.flat()];
    model.prepare(`INSERT INTO trials VALUES (${values.map(() => '?').join(', ')})`).run(...values);
  }
  model.close();
  database.close();
  return old;
}

/** Trials of the first three formats do not say what they have seen. */
const withoutSeen = (trials: readonly FrozenTrial[]) => trials.map(({ seen: _seen, ...trial }) => trial);

for (const format of [1, 2, 3, 4]) {
  test(`a file of format ${format} is read as it is, and taken over without a loss by a search`, async (t) => {
    const path = await makeStudy(`format-${format}`);
    const all = await read(path);
    const trials = format < 4 ? withoutSeen(all) : all;
    const old = makeFormat(path, format);
    const bytes = readFileSync(old);
    t.deepEqual(await read(old), trials);
    t.deepEqual(readFileSync(old), bytes);
    const study = await openStudy({ ...options, storage: old });
    t.deepEqual(study.trials, trials);
    await study.tell(await study.ask(), 0);
    await study.close();
    t.deepEqual((await read(old)).slice(0, 20), trials);
    t.is((await read(old)).length, 21);
  });
}

test('a file whose tables are not those of its format is refused in a sentence, and so is one with a missing index', async (t) => {
  const path = await makeStudy('tables');
  for (const change of [
    'ALTER TABLE trials ADD COLUMN x TEXT',
    'ALTER TABLE trials DROP COLUMN finished_at',
    'ALTER TABLE trials RENAME COLUMN value TO score',
    'DROP INDEX unfinished_trials',
    'DROP INDEX changed_trials',
    'DROP TABLE trials',
    'DROP TABLE studies',
    "CREATE TRIGGER t AFTER INSERT ON trials BEGIN UPDATE studies SET name = 'b'; END",
    'PRAGMA user_version = 0',
    'PRAGMA user_version = 1',
    'PRAGMA user_version = 2',
    'PRAGMA user_version = 3',
    'PRAGMA user_version = 4',
    'PRAGMA user_version = -1',
  ]) {
    const changed = join(dirname(path), 'changed.db');
    copyFileSync(path, changed);
    const database = new DatabaseSync(changed);
    database.exec(`PRAGMA foreign_keys = OFF; ${change}`);
    database.close();
    for (const attempt of [read(changed), openStudy({ ...options, storage: changed })]) {
      await t.throwsAsync(
        attempt,
        {
          instanceOf: StudyError,
          message:
            /is damaged: its tables are not those of format -?\d\. Restore it from a copy, or use another file\.$/,
        },
        change,
      );
    }
  }
});

test("tables of other tools in the same file are nobody's concern", async (t) => {
  const path = await makeStudy('tools');
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER); ANALYZE');
  database.close();
  t.is((await read(path)).length, 20);
});

test('one damaged study does not hide the others, and can be deleted', async (t) => {
  const path = await makeStudy('damaged');
  for (const name of ['b', 'c']) await (await openStudy({ ...options, name, storage: path })).close();
  const database = new DatabaseSync(path);
  database.exec(
    "UPDATE trials SET value = value + 1 WHERE number = 3; UPDATE studies SET definition = '{' WHERE name = 'b'",
  );
  database.close();
  const store = await openStorage(path);
  const damaged: string[] = [];
  const definitions = await store.listStudies((name, { message }) => void damaged.push(`${name}: ${message}`));
  t.deepEqual(
    definitions.map(({ name }) => name),
    ['a', 'c'],
  );
  t.regex(
    damaged.join(),
    /^b: Study "b" in .* is damaged: restore it from a copy, or delete the study and search again\.$/,
  );
  await t.throwsAsync(store.readTrials('a'), { message: /^Trial 3 of study "a" in .* is damaged or missing: / });
  t.deepEqual((await store.readTrials('c')).trials, []);
  await store.deleteStudy('a');
  await store.deleteStudy('b');
  t.deepEqual(
    (await store.listStudies()).map(({ name }) => name),
    ['c'],
  );
  await store.close();
});

test('columns with very deep or very long JSON are damage, and cannot be made', async (t) => {
  const path = await makeStudy('deep');
  for (const text of [
    `{"x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
    `{"x":"${'y'.repeat(2 ** 24)}"}`,
    '[]',
    '"x"',
  ]) {
    const changed = join(dirname(path), 'changed.db');
    copyFileSync(path, changed);
    const database = new DatabaseSync(changed);
    // No checksum is damaged in a file of an earlier format.
    database.prepare('UPDATE trials SET user_attributes = ? WHERE number = 3').run(text);
    database.close();
    await t.throwsAsync(read(makeFormat(changed, 2)), { instanceOf: StudyError, message: /^Trial 3 of study "a" / });
    rmSync(join(dirname(path), 'format-2.db'));
  }
  const study = await openStudy({ ...options, storage: path });
  const trial = await study.ask();
  for (const value of [JSON.parse(`${'['.repeat(61)}${']'.repeat(61)}`), 'y'.repeat(2 ** 22)]) {
    t.throws(() => trial.setUserAttribute('note', value), {
      instanceOf: TypeError,
      message: /^Expected user attribute "note" to be JSON of at most /,
    });
  }
  trial.setUserAttribute('note', JSON.parse(`${'['.repeat(60)}${']'.repeat(60)}`));
  await study.tell(trial, 1);
  await study.close();
  t.is((await read(path)).length, 21);
});

test('a store for reading that is closed says so', async (t) => {
  const store = await openStorage(await makeStudy('closed'), { readOnly: true });
  await store.close();
  await t.throwsAsync(store.listStudies(), { instanceOf: StudyError, message: /is closed: open it again\.$/ });
});

test('names that no list can show are refused where studies are made', async (t) => {
  for (const name of ['', 'a\0b', 'a\nb', '\u001b[2J', 'a\u2028b', '\ud800', 'x'.repeat(1_001)]) {
    await t.throwsAsync(openStudy({ ...options, name }), { instanceOf: RangeError, message: /^Expected a study name/ });
  }
  for (const name of ['x'.repeat(1_000), 'é 👩‍🔬', "'; DROP TABLE studies;--"]) {
    const study = await openStudy({ ...options, name });
    await study.close();
  }
  t.pass();
});

test('something else than a file is refused at once', async (t) => {
  if (process.platform === 'win32') return void t.pass('this system has no FIFOs');
  const fifo = join(folder, 'fifo.db');
  spawnSync('mkfifo', [fifo]);
  for (const path of [fifo, '/dev/zero', folder]) {
    for (const attempt of [read(path), openStudy({ ...options, storage: path })]) {
      await t.throwsAsync(attempt, { instanceOf: StudyError, message: /cannot be opened: check that it is a file/ });
    }
  }
});

test.serial('a store on a disk that may not be written is read, also with a log that was left', async (t) => {
  const { seteuid, geteuid } = process;
  if (seteuid === undefined || geteuid === undefined) return void t.pass('this system has no file modes');
  const path = await makeStudy('read-only');
  const study = await openStudy({ ...options, storage: path });
  await study.tell(await study.ask(), 0);
  const left = join(folder, 'left');
  mkdirSync(left);
  for (const end of ['', '-wal', '-shm']) copyFileSync(path + end, join(left, `studies.db${end}`));
  await study.close();
  spawnSync('chmod', ['755', folder]);
  spawnSync('chmod', ['-R', 'a=rX', dirname(path), left]);
  const user = geteuid();
  // Modes mean nothing to root.
  if (user === 0) seteuid(65534);
  try {
    t.is((await read(path)).length, 21);
    t.is((await read(join(left, 'studies.db'))).length, 21);
  } finally {
    if (user === 0) seteuid(user);
    spawnSync('chmod', ['-R', 'u+w', dirname(path), left]);
  }
  t.false(existsSync(`${path}-wal`));
});

test('rows are copied as they are', (t) => {
  const [from, to] = [new DatabaseSync(':memory:'), new DatabaseSync(':memory:')];
  for (const database of [from, to]) makeTables(database);
  from.exec("INSERT INTO studies VALUES (7, 'a', '{}', 3, 5)");
  copyRows(from, to);
  t.deepEqual(to.prepare('SELECT * FROM studies').all(), from.prepare('SELECT * FROM studies').all());
  writeFileSync(join(folder, 'done'), '');
});
