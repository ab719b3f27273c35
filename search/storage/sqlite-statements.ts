/** What a store in SQLite asks its file. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Row } from './rows.ts';

export const prepare = (database: DatabaseSync) => ({
  allStudies: database.prepare('SELECT * FROM studies ORDER BY id'),
  names: database.prepare('SELECT name FROM studies ORDER BY id'),
  study: database.prepare('SELECT * FROM studies WHERE name = ?'),
  insertStudy: database.prepare('INSERT INTO studies VALUES (?, ?, ?, 0, ?) ON CONFLICT DO NOTHING'),
  nextStudy: database.prepare('SELECT coalesce(max(id) + 1, 1) AS id FROM studies'),
  setDefinition: database.prepare('UPDATE studies SET definition = ?, checksum = ? WHERE id = ?'),
  rename: database.prepare('UPDATE studies SET name = ?, definition = ?, checksum = ? WHERE id = ?'),
  deleteStudy: database.prepare('DELETE FROM studies WHERE id = ?'),
  revision: database.prepare('SELECT revision FROM studies WHERE name = ?'),
  setRevision: database.prepare('UPDATE studies SET revision = ? WHERE id = ?'),
  trial: database.prepare('SELECT * FROM trials WHERE study_id = ? AND number = ?'),
  // By itself SQLite takes the primary key, for the sake of the order, and looks at every trial.
  changedTrials: database.prepare(
    'SELECT * FROM trials INDEXED BY changed_trials WHERE study_id = ? AND revision > ? ORDER BY number',
  ),
  allTrials: database.prepare('SELECT * FROM trials WHERE study_id = ? ORDER BY number'),
  trialsFrom: readPlain(
    database.prepare('SELECT * FROM trials WHERE study_id = ? AND number >= ? ORDER BY number LIMIT ?'),
  ),
  owners: database.prepare(
    'SELECT number, owner FROM trials INDEXED BY changed_trials ' +
      'WHERE study_id = ? AND revision > ? AND owner IS NOT NULL ORDER BY number',
  ),
  unfinished: database.prepare(
    'SELECT *, lease_until - ? AS lease_left FROM trials INDEXED BY unfinished_trials ' +
      "WHERE study_id = ? AND (state = 'RUNNING' OR state = 'WAITING') ORDER BY number",
  ),
  shortenLeases: database.prepare('UPDATE trials SET lease_until = ?2 WHERE study_id = ?1 AND lease_until > ?2'),
  nextNumber: database.prepare('SELECT coalesce(max(number) + 1, 0) AS number FROM trials WHERE study_id = ?'),
  owner: database.prepare("SELECT owner ->> '$.token' AS token FROM trials WHERE study_id = ? AND number = ?"),
  putTrial: database.prepare(`INSERT OR REPLACE INTO trials VALUES (${Array(18).fill('?').join(', ')})`),
});

/** Rows as objects of one shape: those of `node:sqlite` itself are dictionaries, which take a third longer to read. */
function readPlain(statement: StatementSync): (...values: readonly SQLInputValue[]) => Row[] {
  const names = statement.columns().map(({ name }) => name);
  statement.setReturnArrays(true);
  return (...values) =>
    (statement.all(...values) as unknown as readonly unknown[][]).map((columns) => {
      const row: Record<string, unknown> = {};
      for (let i = 0; i < names.length; i++) row[names[i]] = columns[i];
      return row;
    });
}

export type Statements = ReturnType<typeof prepare>;
