/**
 * Studies in a PostgreSQL database, for processes on many machines.
 *
 * Who locks what, in this order: a claim first locks out other claims of the study, since what trial k suggests
 * depends on the parameters of the trials just before it; claims and saves then lock the rows of their trials, and last,
 * for a moment, that of the study, from which they get their revision. So revisions become visible in their order: who
 * has read one has read all before it. A save never waits for a sampler, and nobody for the disk while it holds a lock:
 * others see a claim or a save first, and what a crash of the server takes back of it they read anew (`nextRevision`).
 */
import type { Owner } from '../../base/owner.ts';
import type { FrozenTrial } from '../frozen-trial.ts';
import type { PostgresPlace } from './location.ts';
import { openServer } from './postgres-server.ts';
import { sql } from './postgres-sql.ts';
import type { Query, Statement } from './postgres-schema.ts';
import { readInParts } from './read-in-parts.ts';
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
  TrialsInOrder,
} from './rows.ts';
import type { LeaseRow, StudyRow } from './row-schemas.ts';
import type { Origin, Row } from './rows.ts';
import { LeaseLostError, studyIsThere, unknownStudy } from './refusals.ts';
import { newTrial, nextToClaim, numbered, startedAgain } from './claims.ts';
import { readable, withChanges } from './storage.ts';
import type { Changes, Storage, StorageOptions, StudyDefinition } from './storage.ts';

/**
 * After this time a waiting process tries again to claim a trial: a lease may have ended, which changes nothing in the
 * store.
 */
const longestWaitMs = 2_000;

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
  const { location, read, transaction, brief } = server;
  const changed = sql.changes(server.version);

  const unknown = async (query: Query, name: string): Promise<Error> => {
    const known = await query(sql.names);
    return unknownStudy(
      name,
      location,
      known.map((study) => String(study.name)),
    );
  };
  const row = async (query: Query, name: string, select: string = sql.study): Promise<Row> => {
    const [found] = await query(select, [name]);
    if (found === undefined) throw await unknown(query, name);
    return found;
  };
  const find = async (query: Query, name: string): Promise<StudyRow> => toStudy(await row(query, name), location);
  const findToChange = async (query: Query, name: string): Promise<StudyRow> =>
    toStudy(await row(query, name, sql.studyToChange), location);
  const originOf = ({ definition }: StudyRow): Origin => ({ study: definition.name, location });
  const leasesOf = (rows: readonly Row[], study: StudyRow): LeaseRow[] =>
    rows.map((lease) => toLease(lease, originOf(study)));
  const unfinished = async (query: Query, study: StudyRow): Promise<LeaseRow[]> =>
    leasesOf(await query(sql.unfinished, [study.definition.name]), study);
  /** Within a transaction that is not undone. */
  const bounded = async (query: Query, study: StudyRow, rows: LeaseRow[]): Promise<LeaseRow[]> => {
    if (!rows.some(isTooLong)) return rows;
    await query(sql.shortenLeases, [study.id]);
    return unfinished(query, study);
  };
  const nextNumber = async (query: Query, name: string): Promise<number> => {
    const [next] = await query(sql.nextNumber, [name]);
    return Number(next.number);
  };
  /** @param rows of `changed` */
  const changedOf = (rows: readonly Row[]) => {
    const [{ found_id: id, study_revision: revision, is_known: isKnown }] = rows;
    const trials = rows.filter(({ number }) => number !== null);
    return { id: Number(id), revision: Number(revision), isAnew: isKnown !== true, rows: trials };
  };
  const changedRows = async (query: Query, name: string, after: number) => {
    const rows = await query(changed, [name, after]);
    if (rows.length === 0) throw await unknown(query, name);
    return changedOf(rows);
  };
  const changesOf = (name: string, after: number, found: ReturnType<typeof changedOf>): Changes => {
    const { revision, isAnew, rows } = found;
    const origin = { study: name, location };
    if (isAnew || after === 0) return { trials: new TrialsInOrder(origin).end(rows, revision), revision, isAnew };
    return { trials: rows.map((trial) => toTrial(trial, origin)), revision };
  };
  const nextRevision = async (query: Query, name: string): Promise<number> => {
    const [next] = await query(sql.nextRevision, [name]);
    if (next === undefined) throw await unknown(query, name);
    return Number(next.revision);
  };
  /** All trials of one transaction get the same revision. */
  const put = async (
    query: Query,
    { id, name }: { readonly id: number; readonly name: string },
    records: readonly FrozenTrial[],
    owner: Owner | null,
  ) => {
    for (const [text, values] of puts(await nextRevision(query, name), id, records, owner)) await query(text, values);
  };
  /** The study, when the claims of others have ended. */
  const findForClaims = async (query: Query, name: string): Promise<StudyRow & { readonly name: string }> => {
    const [found] = await query(sql.studyForClaims, [name]);
    if (found === undefined) throw await unknown(query, name);
    return { ...toStudy(found, location), name };
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
        if (records.length > 0) await put(query, { id: (await find(query, name)).id, name }, records, null);
      }),
    async renameStudy(name, newName) {
      await transaction(async (query) => query(sql.shortenLeases, [(await find(query, name)).id]));
      await transaction(async (query) => {
        await query(sql.lockClaims, [(await find(query, name)).id]);
        const { id, definition } = await findToChange(query, name);
        refuseRunningRows(name, location, await query(sql.unfinished, [name]));
        const [there] = await query(sql.study, [newName]);
        if (there !== undefined) throw studyIsThere(newName, location);
        const text = JSON.stringify({ ...definition, name: newName });
        await query(sql.rename, [newName, text, studyChecksum({ id, name: newName, definition: text }), id]);
      });
    },
    changeStudy: (name, changes) =>
      transaction(async (query) => {
        const { id, definition } = await findToChange(query, name);
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
        refuseRunningRows(name, location, await query(sql.unfinished, [name]));
        await query(sql.deleteStudy, [id]);
      });
    },
    readTrials: (name, after = 0) =>
      after > 0
        ? read(async (query) => changesOf(name, after, await changedRows(query, name, after)))
        : readInParts(
            {
              find: () => read((query) => find(query, name)),
              part: (id, first, most) => read((query) => query(sql.trialsFrom, [id, first, most])),
              since: (begun) => read((query) => changedRows(query, name, begun)),
            },
            { study: name, location },
          ),
    readRunning: (name) => read(async (query) => toRunning(await unfinished(query, await find(query, name)))),
    readOwners: (name, revision = 0) =>
      read(async (query) => {
        const study = await find(query, name);
        return toOwners(await query(sql.owners, [study.id, revision]), originOf(study));
      }),
    // A claim that a crash takes away is only a trial that nobody has. One whose answer did not arrive is made again: no
    // other process has it.
    claimTrial: (name, { owner, running, limit, revision, prepare }) =>
      brief(
        [
          [sql.studyForClaims, [name]],
          [sql.nextNumber, [name]],
          [sql.unfinished, [name]],
          [changed, [name, revision]],
        ],
        async ([[found], [next], leases, news], query) => {
          if (found === undefined || news.length === 0) throw await unknown(query, name);
          const study = toStudy(found, location);
          const rows = await bounded(query, study, leasesOf(leases, study));
          const trial = await start(query, study, rows, Number(next.number), { owner, running, limit });
          if (trial === null) return { result: null };
          const result = prepare(trial, changesOf(name, revision, changedOf(news)));
          return { result, last: puts(await nextRevision(query, name), study.id, [result], owner) };
        },
      ),
    enqueueTrial: (name, params, number) =>
      transaction(async (query) => {
        const study = await findForClaims(query, name);
        const next = await nextNumber(query, name);
        if (number !== undefined && number !== next) return null;
        const trial = newTrial(next, 'WAITING', params);
        await put(query, study, [trial], null);
        return trial;
      }),
    addTrials: (name, records) =>
      transaction(async (query) => {
        const study = await findForClaims(query, name);
        const added = numbered(records, await nextNumber(query, name));
        await put(query, study, added, null);
        return added;
      }),
    async saveTrials(name, owner, records) {
      if (records.length === 0) return;
      const numbers = records.map(({ number }) => number);
      const first: Statement[] = [
        [sql.lockOwned, [name, numbers]],
        [sql.nextRevision, [name]],
      ];
      // A save whose answer did not arrive is made again: one that put a trial back has given it up by then.
      await brief(first, async ([rows, [next]], query) => {
        const tokens = new Map<unknown, unknown>(rows.map(({ number, token }) => [number, token]));
        const isHeld = ({ number, state }: FrozenTrial): boolean =>
          tokens.get(number) === owner.token || (state === 'WAITING' && tokens.get(number) === null);
        const lost = records.find((record) => !isHeld(record));
        if (lost !== undefined) {
          // Says so if the study is gone.
          await find(query, name);
          throw new LeaseLostError(name, lost.number);
        }
        const last = puts(Number(next.revision), Number(rows[0].study_id), records, owner);
        return { result: undefined, last, isDurable: true };
      });
    },
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

  /** Statements that put trials. */
  function puts(revision: number, id: number, records: readonly FrozenTrial[], owner: Owner | null): Statement[] {
    return records.map((record) => [sql.putTrial, Object.values(toRow(id, record, owner, revision))]);
  }

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
