/** The tables of a store in PostgreSQL: a schema of their own, so that a database may hold other things too. */
import type { QueryResultRow } from 'pg';
import { NoStudyError, StudyError } from '../study-error.ts';
import { laterColumns, refuseRunningRows, studyChecksum, trialChecksum } from './rows.ts';
import type { StorageOptions } from './storage.ts';

/** Runs one statement. */
export type Query = (text: string, values?: readonly unknown[]) => Promise<QueryResultRow[]>;

/** Runs statements together. */
export type Run = <T>(work: (query: Query) => Promise<T>) => Promise<T>;

/** With its values, which stand for $1, $2, … */
export type Statement = readonly [text: string, values?: readonly unknown[]];

export const schemaName = 'wide_optima';
/** Through which transactions say that a study changed. */
export const channel = 'wide_optima';
const schemaVersion = 5;

/** CRC-32 of a row: see rows.ts. */
const checksum = 'checksum bigint NOT NULL DEFAULT 0';

/** Both since version 5: see `nextRevision`. */
const firstRevision = 'first_revision integer NOT NULL DEFAULT 0';
const lives = `CREATE UNLOGGED TABLE ${schemaName}.lives (
    study_id integer PRIMARY KEY REFERENCES ${schemaName}.studies (id) ON DELETE CASCADE
  )`;

/** `json`, not `jsonb`: it keeps a number as it was written. */
const statements: readonly string[] = [
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
 * Makes the tables if they are missing, or brings them to the format of today.
 * @returns their version
 * @throws StudyError if the database cannot be used
 */
export async function prepareDatabase(
  { location, read, transaction }: { readonly location: string; readonly read: Run; readonly transaction: Run },
  { mustExist, readOnly = false }: StorageOptions,
): Promise<number> {
  const version = await read((query) => versionOf(query, location, readOnly));
  if (version === schemaVersion || (version !== null && readOnly)) return version;
  if (mustExist || readOnly)
    throw new NoStudyError(`There are no studies in ${location}: run a search first, or name another one.`);
  await transaction(async (query) => {
    // Others may want to make it at the same time.
    await query(`SELECT pg_advisory_xact_lock(hashtext('${schemaName}'))`);
    const found = await versionOf(query, location);
    if (found === null) for (const statement of statements) await query(statement);
    else if (found < schemaVersion) await upgrade(query, location, found);
  });
  return schemaVersion;
}

/**
 * Version of the tables in a database; null if there are no tables.
 * @param readOnly what another encoding has is read
 * @throws StudyError if they are not ours, not as we make them, or newer, and if they do not hold every text
 */
async function versionOf(query: Query, location: string, readOnly = false): Promise<number | null> {
  // Not to_regnamespace: within a transaction it may remember what was before another process made the schema.
  const [{ encoding, is_there: isThere }] = await query(
    "SELECT current_setting('server_encoding') AS encoding, " +
      'EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1) AS is_there',
    [schemaName],
  );
  if (encoding !== 'UTF8' && !readOnly) {
    throw new StudyError(
      `Expected a database whose encoding is UTF8, got ${encoding} in ${location}, which cannot hold every text: make ` +
        "one with `create database NAME encoding 'UTF8' locale 'C' template template0`, and name that.",
    );
  }
  if (!isThere) return null;
  const [row] = await query(`SELECT version FROM ${schemaName}.format`);
  const version = Number(row?.version);
  if (version > schemaVersion) {
    throw new StudyError(
      `${location} was written by a newer version of this program (format ${version}, this one knows ` +
        `${schemaVersion}): update the program, or use another database.`,
    );
  }
  // Not information_schema: it leaves out what the user may not read.
  const tables = await query(
    "SELECT relname AS name, string_agg(attname || ' ' || format_type(atttypid, NULL), ',' ORDER BY attnum) AS columns " +
      'FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = ' +
      '(SELECT oid FROM pg_namespace WHERE nspname = $1) ' +
      "AND relname IN ('studies', 'trials') AND attnum > 0 AND NOT attisdropped GROUP BY relname ORDER BY relname",
    [schemaName],
  );
  const found = tables.map(({ name, columns }) => `${name} ${columns}`).join('; ');
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
async function upgrade(query: Query, location: string, version: number): Promise<void> {
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
