/** The statements of a store in PostgreSQL. */
import { leaseMs } from '../../base/owner.ts';
import { channel, schemaName } from './postgres-schema.ts';

const studies = `${schemaName}.studies`;
const trials = `${schemaName}.trials`;
const lives = `${schemaName}.lives`;
const idOfName = `(SELECT id FROM ${studies} WHERE name = $1)`;
/** More revisions than processes can have read before the server wrote them to the disk. */
const skipped = 100_000;
const unfinishedTrial = "state IN ('RUNNING', 'WAITING')";

/** The text of a statement with its values in place of $1, $2, …, so that it can be sent with others. */
export function withLiterals(text: string, values: readonly unknown[], escape: (text: string) => string): string {
  return text.replaceAll(/\$(\d+)/g, (_, place) => {
    const value = values[Number(place) - 1] as string | number | null | readonly number[];
    if (value === null) return 'NULL';
    return escape(typeof value === 'object' ? `{${value.join(',')}}` : String(value));
  });
}

export const sql = {
  allStudies: `SELECT * FROM ${studies} ORDER BY id`,
  study: `SELECT * FROM ${studies} WHERE name = $1`,
  /** Waits for others that change the definition; trials may be written at the same time. */
  studyToChange: `SELECT * FROM ${studies} WHERE name = $1 FOR NO KEY UPDATE`,
  names: `SELECT name FROM ${studies} ORDER BY id`,
  insertStudy:
    `WITH made AS (INSERT INTO ${studies} (name, definition) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id), ` +
    `life AS (INSERT INTO ${lives} SELECT id FROM made) SELECT id FROM made`,
  setDefinition: `UPDATE ${studies} SET definition = $1, checksum = $2 WHERE id = $3`,
  rename: `UPDATE ${studies} SET name = $1, definition = $2, checksum = $3 WHERE id = $4`,
  deleteStudy: `DELETE FROM ${studies} WHERE id = $1`,
  revision: `SELECT revision FROM ${studies} WHERE name = $1`,
  /** Waits for the claims of others until the transaction ends. */
  lockClaims: `SELECT pg_advisory_xact_lock(hashtext('${schemaName}'), $1)`,
  /** The same for the study of a name, which it gives. */
  studyForClaims: `SELECT *, pg_advisory_xact_lock(hashtext('${schemaName}'), id)::text FROM ${studies} WHERE name = $1`,
  nextNumber: `SELECT coalesce(max(number) + 1, 0) AS number FROM ${trials} WHERE study_id = ${idOfName}`,
  trialsFrom: `SELECT * FROM ${trials} WHERE study_id = $1 AND number >= $2 ORDER BY number LIMIT $3`,
  owners:
    `SELECT number, owner FROM ${trials} ` +
    'WHERE study_id = $1 AND revision > $2 AND owner IS NOT NULL ORDER BY number',
  unfinished:
    'SELECT *, lease_until::text AS lease, ' +
    `(extract(epoch FROM lease_until - clock_timestamp()) * 1000)::float8 AS lease_left FROM ${trials} ` +
    `WHERE study_id = ${idOfName} AND ${unfinishedTrial} ORDER BY number`,
  /** The row of a free trial as it was seen; none if it changed since, or if its owner is about to change it. */
  lockFree:
    `SELECT * FROM ${trials} WHERE study_id = $1 AND number = $2 AND revision = $3 ` +
    'AND lease_until IS NOT DISTINCT FROM $4::timestamptz FOR UPDATE SKIP LOCKED',
  shortenLeases:
    `UPDATE ${trials} SET lease_until = clock_timestamp() + interval '${leaseMs} milliseconds' ` +
    `WHERE study_id = $1 AND ${unfinishedTrial} AND lease_until > clock_timestamp() + interval '${leaseMs} milliseconds'`,
  lockOwned:
    `SELECT study_id, number, owner ->> 'token' AS token FROM ${trials} ` +
    `WHERE study_id = ${idOfName} AND number = ANY ($2) ORDER BY number FOR UPDATE`,
  /** One statement, so that revision and trials belong together. @param version of the tables */
  changes: (version: number): string => {
    const isKnown = `$2 BETWEEN ${version < 5 ? 0 : 's.first_revision'} AND s.revision`;
    return (
      `SELECT s.id AS found_id, s.revision AS study_revision, ${isKnown} AS is_known, t.* FROM ${studies} s ` +
      `LEFT JOIN ${trials} t ON t.study_id = s.id AND t.revision > CASE WHEN ${isKnown} THEN $2 ELSE 0 END ` +
      'WHERE s.name = $1 ORDER BY t.number'
    );
  },
  /**
   * Takes the next revision and tells it when the transaction ends. A crash of the server may take back what others have
   * read already, and empties the table of lives, which is not logged. So who finds none there skips the revisions that
   * may have been given before, and has this on the disk before anybody reads it.
   */
  nextRevision:
    `WITH life AS (INSERT INTO ${lives} SELECT id FROM ${studies} WHERE name = $1 ON CONFLICT DO NOTHING RETURNING 1), ` +
    `changed AS (UPDATE ${studies} SET revision = revision + CASE WHEN EXISTS (TABLE life) THEN ${skipped} ELSE 1 END, ` +
    `first_revision = CASE WHEN EXISTS (TABLE life) THEN revision + ${skipped} ELSE first_revision END ` +
    'WHERE name = $1 RETURNING revision) ' +
    `SELECT revision, pg_notify('${channel}', ''), ` +
    "CASE WHEN EXISTS (TABLE life) THEN set_config('synchronous_commit', 'on', true) END FROM changed",
  /** The columns of a row in the order of the table, without the lease, which comes from the server. */
  putTrial:
    `INSERT INTO ${trials} VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, ` +
    `CASE WHEN $12::json IS NOT NULL THEN clock_timestamp() + interval '${leaseMs} milliseconds' END, $13, $17, $14, $15, $16) ` +
    'ON CONFLICT (study_id, number) DO UPDATE SET (state, value, params, distributions, intermediate_values, ' +
    'user_attributes, created_at, started_at, finished_at, owner, lease_until, revision, checksum, seen, ' +
    'objective_values, constraint_values) = ' +
    '(excluded.state, excluded.value, excluded.params, excluded.distributions, excluded.intermediate_values, ' +
    'excluded.user_attributes, excluded.created_at, excluded.started_at, excluded.finished_at, excluded.owner, ' +
    'excluded.lease_until, excluded.revision, excluded.checksum, excluded.seen, excluded.objective_values, ' +
    'excluded.constraint_values)',
};
