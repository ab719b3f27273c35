/** The tables of a store in PostgreSQL: a schema of their own, so that a database may hold other things too. */
import { StudyError } from '../study-error.ts';
import type { Query } from './postgres-server.ts';

export const schemaName = 'wide_optima';
/** Through which transactions say that a study changed. */
export const channel = 'wide_optima';
export const schemaVersion = 1;

/** `json`, not `jsonb`: it keeps a number as it was written. */
export const statements: readonly string[] = [
  `CREATE SCHEMA ${schemaName}`,
  `CREATE TABLE ${schemaName}.format (version integer NOT NULL)`,
  `INSERT INTO ${schemaName}.format VALUES (${schemaVersion})`,
  `CREATE TABLE ${schemaName}.studies (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    definition json NOT NULL,
    revision integer NOT NULL DEFAULT 0
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
    PRIMARY KEY (study_id, number)
  )`,
  `CREATE INDEX unfinished_trials ON ${schemaName}.trials (study_id, number) WHERE state IN ('RUNNING', 'WAITING')`,
  `CREATE INDEX changed_trials ON ${schemaName}.trials (study_id, revision)`,
];

/** Of the tables in a database; null if there are none. @throws StudyError if they are not ours, or newer */
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
  return version;
}
