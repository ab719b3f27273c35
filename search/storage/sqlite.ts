/** Studies in one SQLite file, which many processes may use at once: each study has one process that runs it. */
import { isAlive, leaseMs } from '../owner.ts';
import type { Owner } from '../owner.ts';
import type { FrozenTrial } from '../trial.ts';
import { inWords, openSqliteFile, transaction } from './sqlite-file.ts';
import { toColumns, toStudy, toTrial } from './sqlite-rows.ts';
import type { StudyRow } from './sqlite-rows.ts';
import { newTrial, runningElsewhere, takenOver, unknownStudy } from './storage.ts';
import type { Storage } from './storage.ts';

/**
 * @param path of the file; it and its folders are made if they are missing, unless it must exist
 * @throws StudyError if the file is foreign, damaged, of a newer version, or cannot be opened
 */
export async function sqliteStorage(path: string, options: { mustExist?: boolean } = {}): Promise<Storage> {
  const database = await openSqliteFile(path, options.mustExist ?? false);
  const sql = {
    allStudies: database.prepare('SELECT * FROM studies ORDER BY id'),
    study: database.prepare('SELECT * FROM studies WHERE name = ?'),
    insertStudy: database.prepare('INSERT INTO studies (name, definition) VALUES (?, ?) ON CONFLICT DO NOTHING'),
    deleteStudy: database.prepare('DELETE FROM studies WHERE id = ?'),
    setOwner: database.prepare('UPDATE studies SET owner = ?, lease_until = ? WHERE id = ?'),
    trials: database.prepare('SELECT * FROM trials WHERE study_id = ? ORDER BY number'),
    requeue: database.prepare("UPDATE trials SET state = 'WAITING' WHERE study_id = ? AND state = 'RUNNING'"),
    firstWaiting: database.prepare(
      "SELECT * FROM trials WHERE study_id = ? AND state = 'WAITING' ORDER BY number LIMIT 1",
    ),
    nextNumber: database.prepare('SELECT coalesce(max(number) + 1, 0) AS number FROM trials WHERE study_id = ?'),
    putTrial: database.prepare('INSERT OR REPLACE INTO trials VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
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
  const findOwned = (name: string, owner: Owner): StudyRow => {
    const row = find(name);
    if (row.owner?.token !== owner.token) throw takenOver(name, path);
    return row;
  };
  const findFree = (name: string): StudyRow => {
    const row = find(name);
    if (row.owner !== null && isAlive(row.owner, row.leaseUntil)) throw runningElsewhere(name, path, row.owner);
    return row;
  };
  const nextNumber = (id: number): number => Number(sql.nextNumber.get(id)?.number);
  const put = (id: number, trial: FrozenTrial): FrozenTrial => {
    sql.putTrial.run(id, ...toColumns(trial));
    return trial;
  };
  const write = async <T>(work: () => T): Promise<T> => transaction(database, path, work);
  const read = async <T>(work: () => T): Promise<T> => {
    try {
      return work();
    } catch (error) {
      throw inWords(error, path);
    }
  };

  return {
    location: path,
    createStudy: (definition) =>
      write(() => {
        sql.insertStudy.run(definition.name, JSON.stringify(definition));
        return find(definition.name).definition;
      }),
    listStudies: () => read(() => allStudies().map((row) => row.definition)),
    readTrials: (name) => read(() => sql.trials.all(find(name).id).map((row) => toTrial(row, path))),
    deleteStudy: (name) => write(() => void sql.deleteStudy.run(findFree(name).id)),
    acquire: (name, owner) =>
      write(() => {
        const { id } = findFree(name);
        sql.setOwner.run(JSON.stringify(owner), Date.now() + leaseMs, id);
        sql.requeue.run(id);
      }),
    renew: (name, owner, running) =>
      write(() => {
        const { id } = findOwned(name, owner);
        sql.setOwner.run(JSON.stringify(owner), Date.now() + leaseMs, id);
        for (const trial of running) put(id, trial);
      }),
    release: (name, owner) =>
      write(() => {
        const row = find(name);
        if (row.owner?.token === owner.token) sql.setOwner.run(null, 0, row.id);
      }),
    claimTrial: (name, owner) =>
      write(() => {
        const { id } = findOwned(name, owner);
        const row = sql.firstWaiting.get(id);
        if (row === undefined) return put(id, newTrial(nextNumber(id), 'RUNNING', {}));
        return put(id, { ...toTrial(row, path), state: 'RUNNING', startedAt: new Date().toISOString() });
      }),
    enqueueTrial: (name, owner, params) =>
      write(() => {
        const { id } = findOwned(name, owner);
        return put(id, newTrial(nextNumber(id), 'WAITING', params));
      }),
    saveTrial: (name, owner, trial) => write(() => void put(findOwned(name, owner).id, trial)),
    close: async () => database.close(),
  };
}
