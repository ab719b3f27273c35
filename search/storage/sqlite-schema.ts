/** The tables of a study file: those of today, of earlier formats, and the way from these to those. */
import { DatabaseSync } from 'node:sqlite';
import { StudyError } from '../study-error.ts';
import { laterColumns, studyChecksum, trialChecksum, trialColumns } from './rows.ts';

/** Marks our files among all SQLite files ("wide" in ASCII). */
const applicationId = 0x77696465;
export const schemaVersion = 5;

const unfinishedTrials =
  "CREATE INDEX unfinished_trials ON trials (study_id, state, number) WHERE state = 'RUNNING' OR state = 'WAITING'";
const changedTrials = 'CREATE INDEX changed_trials ON trials (study_id, revision)';

const trialRecord = `
    study_id INTEGER NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    value REAL,
    params TEXT NOT NULL,
    distributions TEXT NOT NULL,
    intermediate_values TEXT NOT NULL,
    user_attributes TEXT NOT NULL,
    created_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT`;

const lease = `
    owner TEXT,
    lease_until REAL NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 0`;

const studies = `
  CREATE TABLE studies (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 0,
    checksum INTEGER NOT NULL
  ) STRICT;`;

/**
 * Format 1 gave a study as a whole an owner; 2 had no checksums, and its trials took three times the room: without a
 * rowid SQLite puts what is longer than a quarter of a page on a page of its own; 3 did not say what a trial had seen; 4
 * knew one objective and no constraints.
 */
const formats: Readonly<Record<number, string>> = {
  1: `
  CREATE TABLE studies (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, definition TEXT NOT NULL, owner TEXT,
    lease_until REAL NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE trials (${trialRecord}, PRIMARY KEY (study_id, number)) STRICT, WITHOUT ROWID;
  ${unfinishedTrials};`,
  2: `
  CREATE TABLE studies (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, definition TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE trials (${trialRecord},${lease}, PRIMARY KEY (study_id, number)) STRICT, WITHOUT ROWID;
  ${unfinishedTrials};
  ${changedTrials};`,
  3: `${studies}
  CREATE TABLE trials (${trialRecord},${lease},
    checksum INTEGER NOT NULL,
    PRIMARY KEY (study_id, number)
  ) STRICT;
  ${unfinishedTrials};
  ${changedTrials};`,
  4: `${studies}
  CREATE TABLE trials (${trialRecord},${lease},
    checksum INTEGER NOT NULL,
    seen TEXT,
    PRIMARY KEY (study_id, number)
  ) STRICT;
  ${unfinishedTrials};
  ${changedTrials};`,
  [schemaVersion]: `${studies}
  CREATE TABLE trials (${trialRecord},${lease},
    checksum INTEGER NOT NULL,
    seen TEXT,
    objective_values TEXT,
    constraint_values TEXT,
    PRIMARY KEY (study_id, number)
  ) STRICT;
  ${unfinishedTrials};
  ${changedTrials};`,
};

/** Makes the tables of a format in an empty database. */
export function makeTables(database: DatabaseSync, format = schemaVersion): void {
  database.exec(`${formats[format]}
    PRAGMA application_id = ${applicationId};
    PRAGMA user_version = ${format};`);
}

/**
 * Which format a file has, with the tables of that format; 0 for an empty file.
 * @throws StudyError for a file of another program or of a newer version, and for other tables
 */
export function formatOf(database: DatabaseSync, path: string): number {
  if (database.isTransaction) return formatAtOnce(database, path);
  // In one transaction, because another process may make or upgrade the tables at the same time.
  database.exec('BEGIN');
  try {
    return formatAtOnce(database, path);
  } finally {
    if (database.isTransaction) database.exec('COMMIT');
  }
}

function formatAtOnce(database: DatabaseSync, path: string): number {
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  const version = Number(pragma(database, 'user_version'));
  const isMarked = pragma(database, 'application_id') === applicationId;
  if (isMarked && version > schemaVersion) {
    throw new StudyError(
      `${path} was written by a newer version of this program (format ${version}, this one knows ${schemaVersion}): ` +
        'update the program, or use another file.',
    );
  }
  if (!isMarked && !isEmpty) throw new StudyError(isOptuna(database) ? ofOptuna(path) : foreign(path));
  if (!isMarked) return 0;
  if (formats[version] === undefined || describe(database) !== expected(version)) {
    throw new StudyError(
      `${path} is damaged: its tables are not those of format ${version}. Restore it from a copy, or use another file.`,
    );
  }
  return version;
}

export function foreign(path: string): string {
  return `${path} is not a study file: use another file.`;
}

const ofOptuna = (path: string): string =>
  `${path} is a file of Optuna, not a study file: take its studies over with \`study -- import\`, and use another file.`;

/** Whether it has the tables by which every file of Optuna is known. */
function isOptuna(database: DatabaseSync): boolean {
  const count = "SELECT count(*) AS n FROM sqlite_schema WHERE name IN ('studies', 'trials', 'version_info')";
  return database.prepare(count).get()?.n === 3;
}

export function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

/** Takes tables of an earlier format over into those of today; within a transaction. */
export function upgrade(database: DatabaseSync, format: number): void {
  if (format >= 3) {
    // Format 4 has the first of them.
    const added = laterColumns.slice(format - 3).flat();
    for (const name of added) database.exec(`ALTER TABLE trials ADD COLUMN ${name} TEXT`);
    database.exec(`PRAGMA user_version = ${schemaVersion}`);
    return;
  }
  const owned = format === 1 ? 'NULL, 0, 1' : 'owner, lease_until, revision';
  database.function('study_checksum', (id, name, definition) => studyChecksum({ id, name, definition }));
  database.function('trial_checksum', { varargs: true }, (...values: unknown[]) =>
    trialChecksum(Object.fromEntries(trialColumns.map((name, i) => [name, values[i]]))),
  );
  database.exec(`
    DROP INDEX unfinished_trials;
    DROP INDEX IF EXISTS changed_trials;
    ALTER TABLE trials RENAME TO old_trials;
    ALTER TABLE studies RENAME TO old_studies;`);
  makeTables(database);
  database.exec(`
    INSERT INTO studies SELECT id, name, definition, 0, study_checksum(id, name, definition) FROM old_studies;
    INSERT INTO trials SELECT study_id, number, state, value, params, distributions, intermediate_values,
      user_attributes, created_at, started_at, finished_at, ${owned}, 0, NULL, NULL, NULL FROM old_trials;
    UPDATE studies SET revision = coalesce((SELECT max(revision) FROM trials WHERE study_id = id), 0);
    UPDATE trials SET checksum = trial_checksum(${trialColumns.join(', ')});
    DROP TABLE old_trials;
    DROP TABLE old_studies;`);
}

/** Puts all rows of a store into another, empty one of the same format. */
export function copyRows(from: DatabaseSync, to: DatabaseSync): void {
  to.exec('BEGIN');
  for (const table of ['studies', 'trials']) {
    const rows = from.prepare(`SELECT * FROM ${table}`);
    const marks = rows.columns().map(() => '?');
    const insert = to.prepare(`INSERT INTO ${table} VALUES (${marks.join(', ')})`);
    for (const row of rows.iterate()) insert.run(...Object.values(row));
  }
  to.exec('COMMIT');
}

const ours = "('studies', 'trials')";

/** All that matters of the two tables, as text. Tables of other tools, such as those of a replication, may stand by. */
function describe(database: DatabaseSync): string {
  const all = (sql: string): unknown[] => database.prepare(sql).all();
  const objects = all(
    `SELECT type, name, iif(type = 'index', sql, '') AS sql FROM sqlite_schema WHERE tbl_name IN ${ours} ORDER BY name`,
  );
  return JSON.stringify([
    objects,
    all(`SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main' AND name IN ${ours} ORDER BY name`),
    all('SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(\'studies\')'),
    all('SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(\'trials\')'),
    all('SELECT "table", "from", "to", on_delete FROM pragma_foreign_key_list(\'trials\')'),
  ]).replaceAll(/(?:\\n|\s)+/g, ' ');
}

const descriptions = new Map<number, string>();

function expected(format: number): string {
  let description = descriptions.get(format);
  if (description === undefined) {
    const model = new DatabaseSync(':memory:');
    makeTables(model, format);
    description = describe(model);
    model.close();
    descriptions.set(format, description);
  }
  return description;
}
