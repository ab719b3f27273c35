/** The tables of a store in PostgreSQL: a schema of their own, so that a database may hold other things too. */
import type { QueryResultRow } from 'pg';
import { StudyError } from '../study-error.ts';
import { laterColumns, refuseRunningRows, studyChecksum, trialChecksum } from './rows.ts';

/** Runs one statement. */
export type Query = (text: string, values?: readonly unknown[]) => Promise<QueryResultRow[]>;

/** With its values, which stand for $1, $2, … */
export type Statement = readonly [text: string, values?: readonly unknown[]];

export const schemaName = 'wide_optima';
/** Through which transactions say that a study changed. */
export const channel = 'wide_optima';
export const schemaVersion = 5;

/** CRC-32 of a row: see rows.ts. */
const checksum = 'checksum bigint NOT NULL DEFAULT 0';

/** Both since version 5: see `nextRevision`. */
const firstRevision = 'first_revision integer NOT NULL DEFAULT 0';
const lives = `CREATE UNLOGGED TABLE ${schemaName}.lives (
    study_id integer PRIMARY KEY REFERENCES ${schemaName}.studies (id) ON DELETE CASCADE
  )`;

/** `json`, not `jsonb`: it keeps a number as it was written. */
export const statements: readonly string[] = [
  `CREATE SCHEMA ${schemaName}`,
  `CREATE TABLE ${schemaName}.format (version integer NOT NULL)`,
  `INSERT INTO ${schemaName}.format VALUES (${schemaVersion})`,
  `CREATE TABLE ${schemaName}.studies (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    definition json NOT NULL,
    revision integer NOT NULL DEFAULT 0,
    ${checksum},
    ${firstRevision}
  )`,
  `CREATE TABLE ${schemaName}.trials (
    study_id integer NOT NULL REFERENCES ${schemaName}.studies (id) ON DELETE CASCADE,
    number integer NOT NULL,
    state text NOT NULL,
    value double precision,
    params json NOT NULL,
    distributions json NOT NULL,
    intermediate_values json NOT NULL,
    user_attributes json NOT NULL,
    created_at text NOT NULL,
    started_at text,
    finished_at text,
    owner json,
    lease_until timestamptz,
    revision integer NOT NULL,
    ${checksum},
    seen json,
    objective_values json,
    constraint_values json,
    PRIMARY KEY (study_id, number)
  )`,
  `CREATE INDEX unfinished_trials ON ${schemaName}.trials (study_id, number) WHERE state IN ('RUNNING', 'WAITING')`,
  `CREATE INDEX changed_trials ON ${schemaName}.trials (study_id, revision)`,
  lives,
];

/** The columns of both tables with their types, by their order, of a version. */
function columnsOf(version: number): string {
  const studies = ['id integer', 'name text', 'definition json', 'revision integer'];
  const trials =
    'study_id integer,number integer,state text,value double precision,params json,distributions json,' +
    'intermediate_values json,user_attributes json,created_at text,started_at text,finished_at text,owner json,' +
    'lease_until timestamp with time zone,revision integer';
  const checksums = version === 1 ? [] : ['checksum bigint'];
  const first = version < 5 ? [] : ['first_revision integer'];
  // Version 3 has the first of them.
  const later = laterColumns
    .slice(0, Math.max(version - 2, 0))
    .flat()
    .map((name) => `${name} json`);
  return [
    `studies ${[...studies, ...checksums, ...first].join(',')}`,
    `trials ${[trials, ...checksums, ...later].join(',')}`,
  ].join('; ');
}

/**
 * Version of the tables in a database; null if there are no tables.
 * @throws StudyError if they are not ours, not as we make them, or newer
 */
export async function versionOf(query: Query, location: string): Promise<number | null> {
  // Not to_regnamespace: within a transaction it may remember what was before another process made the schema.
  const [schema] = await query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schemaName]);
  if (schema === undefined) return null;
  const [row] = await query(`SELECT version FROM ${schemaName}.format`);
  const version = Number(row?.version);
  if (version > schemaVersion) {
    throw new StudyError(
      `${location} was written by a newer version of this program (format ${version}, this one knows ` +
        `${schemaVersion}): update the program, or use another database.`,
    );
  }
  const tables = await query(
    "SELECT table_name, string_agg(column_name || ' ' || data_type, ',' ORDER BY ordinal_position) AS columns " +
      "FROM information_schema.columns WHERE table_schema = $1 AND table_name IN ('studies', 'trials') " +
      'GROUP BY table_name ORDER BY table_name',
    [schemaName],
  );
  const found = tables.map(({ table_name: name, columns }) => `${name} ${columns}`).join('; ');
  if (!(version >= 1) || found !== columnsOf(version)) {
    throw new StudyError(
      `The schema ${schemaName} of ${location} is damaged: its tables are not those of format ${version}. ` +
        'Restore the database from a copy, or use another one.',
    );
  }
  return version;
}

/**
 * Gives the rows of version 1 their checksums, and trials room for what later versions keep of them; within a
 * transaction.
 * @throws StudyError while a process runs a trial, which may be one of an earlier version of this program
 */
export async function upgrade(query: Query, location: string, version: number): Promise<void> {
  await query(`LOCK TABLE ${schemaName}.studies, ${schemaName}.trials IN ACCESS EXCLUSIVE MODE`);
  const running = await query(
    'SELECT s.name, t.number, t.state, t.owner, ' +
      `(extract(epoch FROM t.lease_until - clock_timestamp()) * 1000)::float8 AS lease_left FROM ${schemaName}.trials t ` +
      `JOIN ${schemaName}.studies s ON s.id = t.study_id WHERE t.state = 'RUNNING' AND t.owner IS NOT NULL`,
  );
  for (const row of running) refuseRunningRows(String(row.name), location, [row]);
  if (version === 1) await addChecksums(query);
  for (const name of laterColumns.slice(Math.max(version - 2, 0)).flat()) {
    await query(`ALTER TABLE ${schemaName}.trials ADD COLUMN ${name} json`);
  }
  await query(`ALTER TABLE ${schemaName}.studies ADD COLUMN ${firstRevision}`);
  await query(lives);
  await query(`UPDATE ${schemaName}.format SET version = ${schemaVersion}`);
}

async function addChecksums(query: Query): Promise<void> {
  for (const table of ['studies', 'trials']) await query(`ALTER TABLE ${schemaName}.${table} ADD COLUMN ${checksum}`);
  for (const row of await query(`SELECT * FROM ${schemaName}.studies`)) {
    await query(`UPDATE ${schemaName}.studies SET checksum = $1 WHERE id = $2`, [studyChecksum(row), row.id]);
    const trials = await query(`SELECT * FROM ${schemaName}.trials WHERE study_id = $1`, [row.id]);
    await query(
      `UPDATE ${schemaName}.trials t SET checksum = new.checksum ` +
        'FROM unnest($2::integer[], $3::bigint[]) AS new (number, checksum) ' +
        'WHERE t.study_id = $1 AND t.number = new.number',
      [row.id, trials.map(({ number }) => Number(number)), trials.map(trialChecksum)],
    );
  }
}
