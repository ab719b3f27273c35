/** Studies in one SQLite file, which several processes of a machine may use at the same time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { leaseMs } from '../../base/owner.ts';
import type { Owner } from '../../base/owner.ts';
import type { FrozenTrial } from '../frozen-trial.ts';
import { keepLeasesIn } from './leases.ts';
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
import type { Origin } from './rows.ts';
import { readInParts } from './read-in-parts.ts';
import { readSqliteFile } from './sqlite-reader.ts';
import type { Statements } from './sqlite-statements.ts';
import { openSqliteFile } from './sqlite-writer.ts';
import { LeaseLostError, studyIsThere, unknownStudy } from './refusals.ts';
import { newTrial, nextToClaim, numbered, startedAgain } from './claims.ts';
import { readable, withChanges } from './storage.ts';
import type { Changes, Storage, StorageOptions, StudyDefinition } from './storage.ts';

/** How often a waiting process looks for what others wrote. */
const pollMs = 20;
/**
 * After this time a waiting process tries again to claim a trial: a lease may have ended, which changes nothing in the
 * store.
 */
const longestWaitMs = 2_000;

/**
 * @param path of the file; it and its folders are made if they are missing, unless it must exist
 * @throws StudyError if the file is foreign, damaged, of a newer version, or cannot be opened
 */
export async function sqliteStorage(path: string, options: StorageOptions = {}): Promise<Storage> {
  const file = options.readOnly ? await readSqliteFile(path) : await openSqliteFile(path, options);

  const find = (sql: Statements, name: string): StudyRow => {
    const row = sql.study.get(name);
    if (row !== undefined) return toStudy(row, file.location);
    throw unknownStudy(
      name,
      file.location,
      sql.names.all().map((study) => String(study.name)),
    );
  };
  const originOf = ({ definition }: StudyRow): Origin => ({ study: definition.name, location: file.location });
  const unfinished = (sql: Statements, study: StudyRow): LeaseRow[] =>
    sql.unfinished.all(Date.now(), study.id).map((row) => toLease(row, originOf(study)));
  /** Within a transaction that is not undone. */
  const boundedLeases = (sql: Statements, study: StudyRow): LeaseRow[] => {
    const rows = unfinished(sql, study);
    if (!rows.some(isTooLong)) return rows;
    sql.shortenLeases.run(study.id, Date.now() + leaseMs);
    return unfinished(sql, study);
  };
  const nextNumber = (sql: Statements, id: number): number => Number(sql.nextNumber.get(id)?.number);
  const changesOf = (sql: Statements, study: StudyRow, after: number): Changes => {
    const { id, revision } = study;
    const origin = originOf(study);
    if (after === 0) {
      const trials = new TrialsInOrder(origin);
      trials.add(sql.allTrials.iterate(id));
      return { trials: trials.end([], revision), revision };
    }
    return { trials: sql.changedTrials.all(id, after).map((row) => toTrial(row, origin)), revision };
  };
  /** All trials of one transaction get the same revision. */
  const put = (
    sql: Statements,
    { id, revision }: StudyRow,
    trials: readonly FrozenTrial[],
    owner: Owner | null,
  ): void => {
    sql.setRevision.run(revision + 1, id);
    for (const trial of trials) {
      const row = toRow(id, trial, owner, revision + 1);
      const { owner: kept, revision: at, checksum, seen, objective_values, constraint_values, ...record } = row;
      const leaseUntil = kept === null ? 0 : Date.now() + leaseMs;
      const later = [checksum, seen, objective_values, constraint_values];
      sql.putTrial.run(...Object.values(record), kept, leaseUntil, at, ...later);
    }
  };

  /** Makes the study unless it is there. */
  const insert = (sql: Statements, definition: StudyDefinition): StudyRow => {
    const { name } = definition;
    const row = { id: Number(sql.nextStudy.get()?.id), name, definition: JSON.stringify(definition) };
    sql.insertStudy.run(...Object.values(row), studyChecksum(row));
    return find(sql, name);
  };

  return {
    get location() {
      return file.location;
    },
    createStudy: (definition) => file.write((sql) => insert(sql, definition).definition),
    addStudy: (definition, trials) =>
      file.write((sql) => {
        const { name } = definition;
        if (sql.study.get(name) !== undefined) throw studyIsThere(name, file.location);
        const study = insert(sql, definition);
        if (trials.length > 0) put(sql, study, trials, null);
      }),
    async renameStudy(name, newName) {
      await file.write((sql) => sql.shortenLeases.run(find(sql, name).id, Date.now() + leaseMs));
      await file.write((sql) => {
        const { id, definition } = find(sql, name);
        refuseRunningRows(name, file.location, sql.unfinished.all(Date.now(), id));
        if (sql.study.get(newName) !== undefined) throw studyIsThere(newName, file.location);
        const row = { id, name: newName, definition: JSON.stringify({ ...definition, name: newName }) };
        sql.rename.run(newName, row.definition, studyChecksum(row), id);
      });
    },
    changeStudy: (name, changes) =>
      file.write((sql) => {
        const { id, definition } = find(sql, name);
        const row = { id, name, definition: JSON.stringify(withChanges(definition, changes)) };
        sql.setDefinition.run(row.definition, studyChecksum(row), id);
      }),
    listStudies: (onDamage) =>
      file.read((sql) => readable(sql.allStudies.all(), (row) => toStudy(row, file.location).definition, onDamage)),
    async deleteStudy(name) {
      // Also of a study that is damaged.
      const idOf = (sql: Statements): number => Number(sql.study.get(name)?.id ?? find(sql, name).id);
      await file.write((sql) => sql.shortenLeases.run(idOf(sql), Date.now() + leaseMs));
      await file.write((sql) => {
        const id = idOf(sql);
        refuseRunningRows(name, file.location, sql.unfinished.all(Date.now(), id));
        sql.deleteStudy.run(id);
      });
    },
    // Should another process write between the two queries, its trials are read again the next time.
    readTrials: (name, after = 0) =>
      after > 0
        ? file.read((sql) => changesOf(sql, find(sql, name), after))
        : readInParts(
            {
              find: () => file.read((sql) => find(sql, name)),
              part: (id, first, most) => file.read((sql) => sql.trialsFrom(id, first, most)),
              since: (begun) =>
                file.read((sql) => {
                  const { id, revision } = find(sql, name);
                  return { id, revision, rows: sql.changedTrials.all(id, begun) };
                }),
            },
            { study: name, location: file.location },
          ),
    readRunning: (name) => file.read((sql) => toRunning(unfinished(sql, find(sql, name)))),
    readOwners: (name, revision = 0) =>
      file.read((sql) => {
        const study = find(sql, name);
        return toOwners(sql.owners.all(study.id, revision), originOf(study));
      }),
    claimTrial: (name, { owner, running, limit, revision, prepare }) =>
      // A claim that a power failure takes away is made again, and suggests the same.
      file.write(
        (sql) => {
          const study = find(sql, name);
          const { id, definition } = study;
          const count = nextNumber(sql, id);
          const rows = boundedLeases(sql, study);
          const seen = rows.map((row) => ({ number: row.number, isFree: isFree(row, owner, running) }));
          const number = nextToClaim(seen, count, limit, definition.lag);
          if (number === null) return null;
          const before = rows.find((row) => row.number === number)?.owner ?? null;
          const stored = number < count ? sql.trial.get(id, number) : undefined;
          const record =
            stored === undefined
              ? newTrial(number, 'RUNNING', {})
              : startedAgain(toTrial(stored, originOf(study)), before, owner);
          const claimed = prepare(record, changesOf(sql, study, revision));
          put(sql, study, [claimed], owner);
          return claimed;
        },
        { isLazy: true },
      ),
    enqueueTrial: (name, params, number) =>
      file.write((sql) => {
        const study = find(sql, name);
        const next = nextNumber(sql, study.id);
        if (number !== undefined && number !== next) return null;
        const trial = newTrial(next, 'WAITING', params);
        put(sql, study, [trial], null);
        return trial;
      }),
    addTrials: (name, trials) =>
      file.write((sql) => {
        const study = find(sql, name);
        const added = numbered(trials, nextNumber(sql, study.id));
        put(sql, study, added, null);
        return added;
      }),
    saveTrials: (name, owner, trials) =>
      file.write((sql) => {
        const study = find(sql, name);
        for (const { number } of trials) {
          if (sql.owner.get(study.id, number)?.token !== owner.token) throw new LeaseLostError(name, number);
        }
        put(sql, study, trials, owner);
      }),
    keepLeases: (name, owner) => keepLeasesIn(file, name, owner),
    async waitForChange(name, revision, signal) {
      for (let waitedMs = 0; waitedMs < longestWaitMs && !signal.aborted; waitedMs += pollMs) {
        const row = await file.read((sql) => sql.revision.get(name));
        if (Number(row?.revision) !== revision) return;
        await sleep(pollMs, undefined, { signal }).catch(() => {});
      }
    },
    close: () => file.close(),
  };
}
