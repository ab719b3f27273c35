import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'ava';
import { optimize } from '../../search/optimize.ts';
import { inWords } from '../../search/storage/sqlite-file.ts';
import { StudyError } from '../../search/study-error.ts';
import { readStudy } from '../../search/read-study.ts';
import { openStudy } from '../../search/open-study.ts';

const folder = mkdtempSync(join(tmpdir(), 'sqlite-file-'));
test.after.always(() => rmSync(folder, { recursive: true }));

/** Makes a file with a study of 40 trials. */
async function makeStudy(name: string): Promise<string> {
  const path = join(folder, name);
  const study = await openStudy({ storage: path, name: 'a', direction: 'minimize', sampler: 'random' });
  await optimize(study, (trial) => trial.suggestFloat('x', 0, 1), { trials: 40 });
  await study.close();
  return path;
}

async function refusal(path: string): Promise<string> {
  try {
    const study = await openStudy({ storage: path, name: 'a', direction: 'minimize', sampler: 'random' });
    await study.close();
    return 'opened';
  } catch (error) {
    if (!(error instanceof StudyError)) throw error;
    return error.message.replace(path, 'FILE');
  }
}

test('missing folders are made', async (t) => {
  t.is(await refusal(join(folder, 'some', 'where', 'studies.db')), 'opened');
});

test('a folder that cannot be made, and a folder in place of a file, are refused', async (t) => {
  writeFileSync(join(folder, 'plain'), '');
  t.regex(await refusal(join(folder, 'plain', 'studies.db')), /^The folder of FILE cannot be made \(.*\): use another/);
  mkdirSync(join(folder, 'folder.db'));
  t.is(
    await refusal(join(folder, 'folder.db')),
    'FILE cannot be opened: check that it is a file in a folder you may write to.',
  );
});

test('a file that is not SQLite is refused and stays as it is', async (t) => {
  for (const [name, text] of [
    ['short', 'label,pixel0\n'],
    ['long', 'label,pixel0\n'.repeat(1000)],
  ]) {
    const path = join(folder, name);
    writeFileSync(path, text);
    t.is(await refusal(path), 'FILE is not a study file: use another file.');
    t.is(readFileSync(path, 'utf8'), text);
  }
});

test("another program's SQLite file is refused and stays as it is", async (t) => {
  const path = join(folder, 'other.db');
  const other = new DatabaseSync(path);
  other.exec('CREATE TABLE studies (id INTEGER)');
  other.close();
  const bytes = readFileSync(path);
  t.is(await refusal(path), 'FILE is not a study file: use another file.');
  t.deepEqual(readFileSync(path), bytes);
});

test('a file of Optuna is refused, and the command that takes it over is named', async (t) => {
  const path = join(folder, 'optuna.db');
  const optuna = new DatabaseSync(path);
  optuna.exec('CREATE TABLE studies (a); CREATE TABLE trials (a); CREATE TABLE version_info (a)');
  optuna.close();
  const expected =
    'FILE is a file of Optuna, not a study file: take its studies over with `study -- import`, and use another file.';
  t.is(await refusal(path), expected);
  const error = await t.throwsAsync(readStudy(path, 'a'), { instanceOf: StudyError });
  t.is(error.message.replace(path, 'FILE'), expected);
});

test('a file of a newer version is refused', async (t) => {
  const path = await makeStudy('newer.db');
  const newer = new DatabaseSync(path);
  newer.exec('PRAGMA user_version = 6');
  newer.close();
  t.is(
    await refusal(path),
    'FILE was written by a newer version of this program (format 6, this one knows 5): ' +
      'update the program, or use another file.',
  );
});

test('a file of format 1 is taken over, with its trials', async (t) => {
  const path = join(folder, 'format-1.db');
  const old = new DatabaseSync(path);
  old.exec(`
    CREATE TABLE studies (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, definition TEXT NOT NULL, owner TEXT,
      lease_until REAL NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE trials (
      study_id INTEGER NOT NULL REFERENCES studies (id) ON DELETE CASCADE, number INTEGER NOT NULL, state TEXT NOT NULL,
      value REAL, params TEXT NOT NULL, distributions TEXT NOT NULL, intermediate_values TEXT NOT NULL,
      user_attributes TEXT NOT NULL, created_at TEXT NOT NULL, started_at TEXT, finished_at TEXT,
      PRIMARY KEY (study_id, number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX unfinished_trials ON trials (study_id, state, number) WHERE state = 'RUNNING' OR state = 'WAITING';
    PRAGMA application_id = 0x77696465;
    PRAGMA user_version = 1;
    INSERT INTO studies VALUES (1, 'a', '{"name":"a","direction":"minimize","seed":0,"space":null}', NULL, 0);
    INSERT INTO trials VALUES (1, 0, 'COMPLETE', 0.5, '{}', '{}', '{"0":null}', '{}', '2026-01-31', NULL, '2026-01-31');
    INSERT INTO trials VALUES (1, 1, 'RUNNING', NULL, '{}', '{}', '{}', '{}', '2026-01-31', NULL, NULL);
  `);
  old.close();
  const study = await openStudy({ storage: path, name: 'a', direction: 'minimize', lag: 1 });
  t.deepEqual(study.trials[0].intermediateValues, { 0: NaN });
  t.is(study.bestTrial?.value, 0.5);
  t.is((await study.ask()).number, 1);
  await study.close();
});

test('a damaged file is refused', async (t) => {
  const whole = await makeStudy('whole.db');
  const bytes = readFileSync(whole);
  const damages = {
    truncated: bytes.subarray(0, bytes.length - 4096),
    overwritten: Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 0x5a)]),
  };
  for (const [name, damaged] of Object.entries(damages)) {
    const path = join(folder, `${name}.db`);
    writeFileSync(path, damaged);
    t.is(await refusal(path), 'FILE is damaged: restore it from a copy, or use another storage.', name);
  }
  const trial = 'Trial 3 of study "a" in FILE is damaged or missing';
  for (const [change, what] of [
    ['UPDATE trials SET params = \'{"x":\' WHERE number = 3', trial],
    ["UPDATE trials SET state = 'LOST' WHERE number = 3", trial],
    ['UPDATE trials SET value = value + 1e-9 WHERE number = 3', trial],
    ["UPDATE trials SET created_at = '2026-01-31' WHERE number = 3", trial],
    ['UPDATE trials SET checksum = checksum + 1 WHERE number = 3', trial],
    ['DELETE FROM trials WHERE number = 3', trial],
    ['DELETE FROM trials WHERE number = 39', trial.replace('3', '39')],
    ["UPDATE studies SET definition = '{}'", 'Study "a" in FILE is damaged'],
    ['UPDATE studies SET definition = replace(definition, \'"seed":0\', \'"seed":1\')', 'Study "a" in FILE is damaged'],
    ['UPDATE studies SET revision = 9007199254740993', 'FILE is damaged'],
  ]) {
    const path = join(folder, 'changed.db');
    writeFileSync(path, bytes);
    const database = new DatabaseSync(path);
    database.exec(change);
    database.close();
    const remedy = what.startsWith('FILE') ? 'use another storage.' : 'delete the study and search again.';
    t.is(await refusal(path), `${what}: restore it from a copy, or ${remedy}`, change);
  }
});

test.serial('a file that may not be written is refused', async (t) => {
  const path = await makeStudy('read-only.db');
  const { seteuid, geteuid } = process;
  if (seteuid === undefined || geteuid === undefined) return void t.pass('this system has no file modes');
  const closed = join(folder, 'closed');
  mkdirSync(closed);
  const inside = join(closed, 'studies.db');
  writeFileSync(inside, readFileSync(path));
  chmodSync(folder, 0o755);
  chmodSync(inside, 0o444);
  chmodSync(closed, 0o555);
  const user = geteuid();
  // Modes mean nothing to root.
  if (user === 0) seteuid(65534);
  try {
    t.regex(await refusal(inside), /^FILE cannot be (written|opened): /);
  } finally {
    if (user === 0) seteuid(user);
    chmodSync(closed, 0o755);
  }
});

test('a full disk is put into words', (t) => {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE t (a); PRAGMA max_page_count = 3');
  const error = t.throws(() => {
    for (;;) database.exec('INSERT INTO t VALUES (hex(randomblob(1000)))');
  });
  t.deepEqual(
    inWords(error, 'FILE'),
    new StudyError('FILE cannot grow because the disk is full: free some space and start again.'),
  );
  database.close();
});

test('reading a study neither makes a file nor a study', async (t) => {
  const missing = join(folder, 'missing.db');
  await t.throwsAsync(readStudy(missing, 'a'), {
    instanceOf: StudyError,
    message: `There is no study file ${missing}: run a search first, or name another file.`,
  });
  const path = await makeStudy('one.db');
  await t.throwsAsync(readStudy(path, 'b'), { message: `There is no study "b" in ${path}. Known: a.` });
});
