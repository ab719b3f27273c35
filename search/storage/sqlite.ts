/** Studies in one SQLite file, which many processes of one machine may use at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, leaseMs } from '../../base/owner.ts';
import type { Owner } from '../../base/owner.ts';
import type { FrozenTrial } from '../trial.ts';
import { openSqliteFile, transaction, untilFree } from './sqlite-file.ts';
import { isFree, toColumns, toLease, toOwners, toRunning, toStudy, toTrial } from './rows.ts';
import type { LeaseRow, StudyRow } from './rows.ts';
import { LeaseLostError, newTrial, nextToClaim, startedAgain, stillRunning, unknownStudy } from './storage.ts';
import type { Changes, Storage, StorageOptions } from './storage.ts';

/** How often a waiting process looks for what others wrote. */
const pollMs = 20;
/** After this time a waiting process tries again to claim: a lease may have ended, which nobody writes down. */
const longestWaitMs = 2_000;

/**
 * @param path of the file; it and its folders are made if they are missing, unless it must exist
 * @throws StudyError if the file is foreign, damaged, of a newer version, or cannot be opened
 */
export async function sqliteStorage(path: string, options: StorageOptions = {}): Promise<Storage> {
  const database = await openSqliteFile(path, options.mustExist ?? false);
  const sql = {
    allStudies: database.prepare('SELECT * FROM studies ORDER BY id'),
    study: database.prepare('SELECT * FROM studies WHERE name = ?'),
    insertStudy: database.prepare('INSERT INTO studies (name, definition) VALUES (?, ?) ON CONFLICT DO NOTHING'),
    setDefinition: database.prepare('UPDATE studies SET definition = ? WHERE id = ?'),
    deleteStudy: database.prepare('DELETE FROM studies WHERE id = ?'),
    revision: database.prepare('SELECT revision FROM studies WHERE name = ?'),
    setRevision: database.prepare('UPDATE studies SET revision = ? WHERE id = ?'),
    trial: database.prepare('SELECT * FROM trials WHERE study_id = ? AND number = ?'),
    changedTrials: database.prepare('SELECT * FROM trials WHERE study_id = ? AND revision > ? ORDER BY number'),
    owners: database.prepare(
      'SELECT number, owner FROM trials WHERE study_id = ? AND revision > ? AND owner IS NOT NULL ORDER BY number',
    ),
    unfinished: database.prepare(
      // By itself SQLite takes the primary key and looks at every trial.
      'SELECT number, state, owner, lease_until > ? AS lease_lasts, revision FROM trials INDEXED BY unfinished_trials ' +
        "WHERE study_id = ? AND (state = 'RUNNING' OR state = 'WAITING') ORDER BY number",
    ),
    nextNumber: database.prepare('SELECT coalesce(max(number) + 1, 0) AS number FROM trials WHERE study_id = ?'),
    owner: database.prepare("SELECT owner ->> '$.token' AS token FROM trials WHERE study_id = ? AND number = ?"),
    putTrial: database.prepare('INSERT OR REPLACE INTO trials VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
  };

  const allStudies = (): StudyRow[] => sql.allStudies.all().map((row) => toStudy(row, path));
  const find = (name: string): StudyRow => {
    const row = sql.study.get(name);
    if (row !== undefined) return toStudy(row, path);
    throw unknownStudy(
      name,
      path,
      allStudies().map((study) => study.definition.name),
    );
  };
  const unfinished = (id: number): LeaseRow[] => sql.unfinished.all(Date.now(), id).map((row) => toLease(row, path));
  const nextNumber = (id: number): number => Number(sql.nextNumber.get(id)?.number);
  const changesOf = ({ id, revision }: StudyRow, after: number): Changes => ({
    trials: sql.changedTrials.all(id, after).map((row) => toTrial(row, path)),
    revision,
  });
  /** All trials of one transaction get the same revision. */
  const put = ({ id, revision }: StudyRow, trials: readonly FrozenTrial[], owner: Owner | null): void => {
    sql.setRevision.run(revision + 1, id);
    for (const trial of trials) {
      const isOwned = owner !== null && trial.state !== 'WAITING';
      const lease = isOwned ? [JSON.stringify(owner), Date.now() + leaseMs] : [null, 0];
      sql.putTrial.run(id, ...toColumns(trial), ...lease, revision + 1);
    }
  };
  const read = <T>(work: () => T): Promise<T> => untilFree(path, work);
  const write = <T>(work: () => T): Promise<T> => untilFree(path, () => transaction(database, path, work));
  /** Does not wait for the disk. A claim that a power failure takes away is made again, and suggests the same. */
  const writeLater = <T>(work: () => T): Promise<T> =>
    untilFree(path, () => {
      database.exec('PRAGMA synchronous = NORMAL');
      try {
        return transaction(database, path, work);
      } finally {
        database.exec('PRAGMA synchronous = FULL');
      }
    });

  return {
    location: path,
    createStudy: (definition) =>
      write(() => {
        sql.insertStudy.run(definition.name, JSON.stringify(definition));
        return find(definition.name).definition;
      }),
    setWantedTrials: (name, wantedTrials) =>
      write(() => {
        const { id, definition } = find(name);
        sql.setDefinition.run(JSON.stringify({ ...definition, wantedTrials }), id);
      }),
    listStudies: () => read(() => allStudies().map((row) => row.definition)),
    deleteStudy: (name) =>
      write(() => {
        const { id } = find(name);
        for (const { state, owner, leaseLasts } of unfinished(id)) {
          if (state === 'RUNNING' && owner !== null && isAlive(owner, leaseLasts)) {
            throw stillRunning(name, path, owner);
          }
        }
        sql.deleteStudy.run(id);
      }),
    // Should another process write between the two queries, its trials are read again the next time.
    readTrials: (name, revision = 0) => read(() => changesOf(find(name), revision)),
    readRunning: (name) => read(() => toRunning(unfinished(find(name).id))),
    readOwners: (name, revision = 0) => read(() => toOwners(sql.owners.all(find(name).id, revision), path)),
    claimTrial: (name, { owner, running, limit, revision, prepare }) =>
      writeLater(() => {
        const study = find(name);
        const { id, definition } = study;
        const count = nextNumber(id);
        const rows = unfinished(id).map((row) => ({ number: row.number, isFree: isFree(row, owner, running) }));
        const number = nextToClaim(rows, count, limit, definition.lag);
        if (number === null) return null;
        const record =
          number < count ? startedAgain(toTrial(sql.trial.get(id, number), path)) : newTrial(number, 'RUNNING', {});
        const claimed = prepare(record, changesOf(study, revision));
        put(study, [claimed], owner);
        return claimed;
      }),
    enqueueTrial: (name, params, number) =>
      write(() => {
        const study = find(name);
        const next = nextNumber(study.id);
        if (number !== undefined && number !== next) return null;
        const trial = newTrial(next, 'WAITING', params);
        put(study, [trial], null);
        return trial;
      }),
    saveTrials: (name, owner, trials) =>
      write(() => {
        const study = find(name);
        for (const { number } of trials) {
          if (sql.owner.get(study.id, number)?.token !== owner.token) throw new LeaseLostError(name, number);
        }
        put(study, trials, owner);
      }),
    async waitForChange(name, revision, signal) {
      for (let waitedMs = 0; waitedMs < longestWaitMs && !signal.aborted; waitedMs += pollMs) {
        const row = await read(() => sql.revision.get(name));
        if (Number(row?.revision) !== revision) return;
        await sleep(pollMs, undefined, { signal }).catch(() => {});
      }
    },
    close: async () => database.close(),
  };
}
