/**
 * Studies in a PostgreSQL database, for processes on many machines.
 *
 * Who locks what, in this order: a claim first locks out other claims of the study, since what trial k suggests
 * depends on the parameters of the trials just before it; claims and saves then lock the rows of their trials, and last,
 * for a moment, that of the study, from which they get their revision. So revisions become visible in their order: who
 * has read one has read all before it. A save never waits for a sampler.
 */
import { leaseMs } from '../../base/owner.ts';
import type { Owner } from '../../base/owner.ts';
import type { FrozenTrial } from '../frozen-trial.ts';
import type { PostgresPlace } from './location.ts';
import { channel, schemaName } from './postgres-schema.ts';
import { openServer } from './postgres-server.ts';
import type { Query } from './postgres-schema.ts';
import { keepLeasesAt } from './leases.ts';
import {
  isFree,
  isTooLong,
  refuseRunningRows,
  studyChecksum,
  toLease,
  toOwners,
  toRow,
  toRunning,
  toStudy,
  toTrial,
  toTrials,
} from './rows.ts';
import type { LeaseRow, Origin, Row, StudyRow } from './rows.ts';
import {
  LeaseLostError,
  newTrial,
  nextToClaim,
  numbered,
  readable,
  startedAgain,
  studyIsThere,
  unknownStudy,
  withChanges,
} from './storage.ts';
import type { Changes, Storage, StorageOptions, StudyDefinition } from './storage.ts';

/**
 * After this time a waiting process tries again to claim a trial: a lease may have ended, which changes nothing in the
 * store.
 */
const longestWaitMs = 2_000;

const studies = `${schemaName}.studies`;
const trials = `${schemaName}.trials`;
const unfinishedTrial = "state IN ('RUNNING', 'WAITING')";

const sql = {
  allStudies: `SELECT * FROM ${studies} ORDER BY id`,
  study: `SELECT * FROM ${studies} WHERE name = $1`,
  names: `SELECT name FROM ${studies} ORDER BY id`,
  insertStudy: `INSERT INTO ${studies} (name, definition) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id`,
  setDefinition: `UPDATE ${studies} SET definition = $1, checksum = $2 WHERE id = $3`,
  rename: `UPDATE ${studies} SET name = $1, definition = $2, checksum = $3 WHERE id = $4`,
  deleteStudy: `DELETE FROM ${studies} WHERE id = $1`,
  revision: `SELECT revision FROM ${studies} WHERE name = $1`,
  /** Waits for the claims of others until the transaction ends. */
  lockClaims: `SELECT pg_advisory_xact_lock(hashtext('${schemaName}'), $1)`,
  nextNumber: `SELECT coalesce(max(number) + 1, 0) AS number FROM ${trials} WHERE study_id = $1`,
  owners:
    `SELECT number, owner FROM ${trials} ` +
    'WHERE study_id = $1 AND revision > $2 AND owner IS NOT NULL ORDER BY number',
  unfinished:
    'SELECT *, lease_until::text AS lease, ' +
    `(extract(epoch FROM lease_until - clock_timestamp()) * 1000)::float8 AS lease_left FROM ${trials} ` +
    `WHERE study_id = $1 AND ${unfinishedTrial} ORDER BY number`,
  /** The row of a free trial as it was seen; none if it changed since, or if its owner is about to change it. */
  lockFree:
    `SELECT * FROM ${trials} WHERE study_id = $1 AND number = $2 AND revision = $3 ` +
    'AND lease_until IS NOT DISTINCT FROM $4::timestamptz FOR UPDATE SKIP LOCKED',
  shortenLeases:
    `UPDATE ${trials} SET lease_until = clock_timestamp() + interval '${leaseMs} milliseconds' ` +
    `WHERE study_id = $1 AND ${unfinishedTrial} AND lease_until > clock_timestamp() + interval '${leaseMs} milliseconds'`,
  lockOwned:
    `SELECT number, owner ->> 'token' AS token FROM ${trials} WHERE study_id = $1 AND number = ANY ($2) ` +
    'ORDER BY number FOR UPDATE',
  /** One statement, so that revision and trials belong together. */
  changes:
    `SELECT s.revision AS study_revision, t.* FROM ${studies} s ` +
    `LEFT JOIN ${trials} t ON t.study_id = s.id AND t.revision > $2 WHERE s.name = $1 ORDER BY t.number`,
  /** Takes the next revision and tells it when the transaction ends. */
  nextRevision:
    `WITH changed AS (UPDATE ${studies} SET revision = revision + 1 WHERE id = $1 RETURNING revision) ` +
    `SELECT revision, pg_notify('${channel}', '') FROM changed`,
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

/**
 * @param patienceMs see `openServer`
 * @throws StudyError if the database cannot be used
 */
export async function postgresStorage(
  place: PostgresPlace,
  options: StorageOptions = {},
  patienceMs?: number,
): Promise<Storage> {
  const server = await openServer(place, options, patienceMs);
  const { location, read, transaction } = server;

  const unknown = async (query: Query, name: string): Promise<Error> => {
    const known = await query(sql.names);
    return unknownStudy(
      name,
      location,
      known.map((study) => String(study.name)),
    );
  };
  const row = async (query: Query, name: string): Promise<Row> => {
    const [found] = await query(sql.study, [name]);
    if (found === undefined) throw await unknown(query, name);
    return found;
  };
  const find = async (query: Query, name: string): Promise<StudyRow> => toStudy(await row(query, name), location);
  const originOf = ({ definition }: StudyRow): Origin => ({ study: definition.name, location });
  const unfinished = async (query: Query, study: StudyRow): Promise<LeaseRow[]> =>
    (await query(sql.unfinished, [study.id])).map((lease) => toLease(lease, originOf(study)));
  /** Within a transaction that is not undone. */
  const boundedLeases = async (query: Query, study: StudyRow): Promise<LeaseRow[]> => {
    const rows = await unfinished(query, study);
    if (!rows.some(isTooLong)) return rows;
    await query(sql.shortenLeases, [study.id]);
    return unfinished(query, study);
  };
  const nextNumber = async (query: Query, id: number): Promise<number> => {
    const [next] = await query(sql.nextNumber, [id]);
    return Number(next.number);
  };
  const changesOf = async (query: Query, name: string, after: number): Promise<Changes> => {
    const rows = await query(sql.changes, [name, after]);
    if (rows.length === 0) throw await unknown(query, name);
    const changed = rows.filter(({ number }) => number !== null);
    const origin = { study: name, location };
    const revision = Number(rows[0].study_revision);
    if (after === 0) return { trials: toTrials(changed, revision, origin), revision };
    return { trials: changed.map((trial) => toTrial(trial, origin)), revision };
  };
  /** All trials of one transaction get the same revision. */
  const put = async (query: Query, study: StudyRow, records: readonly FrozenTrial[], owner: Owner | null) => {
    const [next] = await query(sql.nextRevision, [study.id]);
    if (next === undefined) throw await unknown(query, study.definition.name);
    for (const record of records) {
      await query(sql.putTrial, Object.values(toRow(study.id, record, owner, Number(next.revision))));
    }
  };

  /** @returns whether there was no study of that name */
  const insert = async (query: Query, definition: StudyDefinition): Promise<boolean> => {
    const { name } = definition;
    const text = JSON.stringify(definition);
    const [made] = await query(sql.insertStudy, [name, text]);
    if (made === undefined) return false;
    await query(sql.setDefinition, [text, studyChecksum({ id: made.id, name, definition: text }), made.id]);
    return true;
  };

  return {
    location,
    createStudy: (definition) =>
      transaction(async (query) => {
        await insert(query, definition);
        return (await find(query, definition.name)).definition;
      }),
    addStudy: (definition, records) =>
      transaction(async (query) => {
        const { name } = definition;
        if (!(await insert(query, definition))) throw studyIsThere(name, location);
        if (records.length > 0) await put(query, await find(query, name), records, null);
      }),
    async renameStudy(name, newName) {
      await transaction(async (query) => query(sql.shortenLeases, [(await find(query, name)).id]));
      await transaction(async (query) => {
        const { id, definition } = await find(query, name);
        await query(sql.lockClaims, [id]);
        refuseRunningRows(name, location, await query(sql.unfinished, [id]));
        const [there] = await query(sql.study, [newName]);
        if (there !== undefined) throw studyIsThere(newName, location);
        const text = JSON.stringify({ ...definition, name: newName });
        await query(sql.rename, [newName, text, studyChecksum({ id, name: newName, definition: text }), id]);
      });
    },
    changeStudy: (name, changes) =>
      transaction(async (query) => {
        const { id, definition } = await find(query, name);
        const text = JSON.stringify(withChanges(definition, changes));
        await query(sql.setDefinition, [text, studyChecksum({ id, name, definition: text }), id]);
      }),
    listStudies: (onDamage) =>
      read(async (query) =>
        readable(await query(sql.allStudies), (found) => toStudy(found, location).definition, onDamage),
      ),
    async deleteStudy(name) {
      await transaction(async (query) => query(sql.shortenLeases, [(await row(query, name)).id]));
      await transaction(async (query) => {
        // Also of a study that is damaged.
        const { id } = await row(query, name);
        await query(sql.lockClaims, [id]);
        refuseRunningRows(name, location, await query(sql.unfinished, [id]));
        await query(sql.deleteStudy, [id]);
      });
    },
    readTrials: (name, revision = 0) => read((query) => changesOf(query, name, revision)),
    readRunning: (name) => read(async (query) => toRunning(await unfinished(query, await find(query, name)))),
    readOwners: (name, revision = 0) =>
      read(async (query) => {
        const study = await find(query, name);
        return toOwners(await query(sql.owners, [study.id, revision]), originOf(study));
      }),
    claimTrial: (name, { owner, running, limit, revision, prepare }) =>
      transaction(async (query) => {
        const study = await find(query, name);
        await query(sql.lockClaims, [study.id]);
        const count = await nextNumber(query, study.id);
        const rows = await boundedLeases(query, study);
        const trial = await start(query, study, rows, count, { owner, running, limit });
        if (trial === null) return null;
        const claimed = prepare(trial, await changesOf(query, name, revision));
        await put(query, study, [claimed], owner);
        return claimed;
      }),
    enqueueTrial: (name, params, number) =>
      transaction(async (query) => {
        const study = await find(query, name);
        await query(sql.lockClaims, [study.id]);
        const next = await nextNumber(query, study.id);
        if (number !== undefined && number !== next) return null;
        const trial = newTrial(next, 'WAITING', params);
        await put(query, study, [trial], null);
        return trial;
      }),
    addTrials: (name, records) =>
      transaction(async (query) => {
        const study = await find(query, name);
        await query(sql.lockClaims, [study.id]);
        const added = numbered(records, await nextNumber(query, study.id));
        await put(query, study, added, null);
        return added;
      }),
    saveTrials: (name, owner, records) =>
      transaction(async (query) => {
        const study = await find(query, name);
        const numbers = records.map(({ number }) => number);
        const owned = new Map<unknown, unknown>();
        for (const { number, token } of await query(sql.lockOwned, [study.id, numbers])) owned.set(number, token);
        for (const number of numbers) {
          if (owned.get(number) !== owner.token) throw new LeaseLostError(name, number);
        }
        await put(query, study, records, owner);
      }),
    keepLeases: (name, owner) => keepLeasesAt(place.address, name, owner),
    async waitForChange(name, revision, signal) {
      if (signal.aborted) return;
      await server.listen();
      const end = new AbortController();
      const timer = setTimeout(() => end.abort(), longestWaitMs);
      const stop = AbortSignal.any([signal, end.signal]);
      try {
        while (!stop.aborted) {
          // Listens before it looks: what changes in between wakes it.
          const notification = server.notification(stop);
          const [now] = await read((query) => query(sql.revision, [name]));
          if (now?.revision !== revision) end.abort();
          await notification;
        }
      } finally {
        clearTimeout(timer);
        end.abort();
      }
    },
    close: () => server.close(),
  };

  /** The record of the trial that a claim gets, its row locked if there is one; null if none may begin. */
  async function start(
    query: Query,
    study: StudyRow,
    rows: readonly LeaseRow[],
    count: number,
    { owner, running, limit }: { owner: Owner; running: readonly number[]; limit: number },
  ): Promise<FrozenTrial | null> {
    const { id, definition } = study;
    const seen = rows.map((lease) => ({ number: lease.number, isFree: isFree(lease, owner, running) }));
    for (;;) {
      const number = nextToClaim(seen, count, limit, definition.lag);
      if (number === null) return null;
      if (number === count) return newTrial(number, 'RUNNING', {});
      const index = seen.findIndex((one) => one.number === number);
      const before = rows[index];
      const [free] = await query(sql.lockFree, [id, number, before.revision, before.lease]);
      if (free !== undefined) return startedAgain(toTrial(free, originOf(study)), before.owner, owner);
      // Another process saves it, or renews its lease, at this moment: its owner lives.
      seen[index] = { number, isFree: false };
    }
  }
}
