/** Leases that outlast what their processes do. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { leaseMs, newOwner } from '../../base/owner.ts';
import { optimize } from '../../search/optimize.ts';
import { keepLeasesIn } from '../../search/storage/leases.ts';
import { sqliteStorage } from '../../search/storage/sqlite.ts';
import { openSqliteFile } from '../../search/storage/sqlite-writer.ts';
import type { Storage } from '../../search/storage/storage.ts';
import { readStudy } from '../../search/read-study.ts';
import { openStudy } from '../../search/open-study.ts';

const folder = mkdtempSync(join(tmpdir(), 'leases-'));
test.after.always(() => rmSync(folder, { recursive: true }));

let files = 0;
const newFile = (): string => join(folder, `${files++}.db`);
const claim = { running: [], limit: Infinity, revision: 0, prepare: <T>(trial: T): T => trial };

function openTable(file: string) {
  const database = new DatabaseSync(file, { timeout: 30_000 });
  const lease = database.prepare('SELECT lease_until AS lease FROM trials WHERE number = 0');
  return {
    lease: () => Number(lease.get()?.lease),
    setLease: (until: number) => void database.prepare('UPDATE trials SET lease_until = ?').run(until),
    close: () => database.close(),
  };
}

/** A store that renews no lease: a test that sets one must not have it set again in between. */
async function storeWithoutRenewal(file: string): Promise<Storage> {
  return { ...(await sqliteStorage(file)), keepLeases: () => ({ close: async () => {} }) };
}

test('a lease is renewed while the objective keeps the thread busy', async (t) => {
  const file = newFile();
  const open = await openSqliteFile(file, {});
  const store = await sqliteStorage(file);
  const storage: Storage = {
    ...store,
    keepLeases: (name, owner) => keepLeasesIn(open, name, owner, { leaseMs, renewalMs: 5 }),
  };
  const study = await openStudy({ storage, name: 's', direction: 'minimize' });
  const table = openTable(file);
  const { finishedCount } = await optimize(
    study,
    () => {
      table.setLease(1);
      // Nothing else of this thread can run here.
      while (table.lease() === 1);
      return 1;
    },
    { trials: 1 },
  );
  t.is(finishedCount, 1);
  table.close();
  await study.close();
  await store.close();
  await open.close();
});

test('a trial whose lease has ended is run by another, though its process is there', async (t) => {
  const file = newFile();
  const storage = await storeWithoutRenewal(file);
  const open = () => openStudy({ storage, name: 's', direction: 'minimize', lag: 1 });
  const [stopped, other] = [await open(), await open()];
  const table = openTable(file);
  const told: number[] = [];
  const onTrial = ({ number }: { number: number }): void => void told.push(number);
  const result = await optimize(
    stopped,
    async (trial) => {
      if (trial.number > 0) return 1;
      // As if the process had been stopped for longer than its lease: another one goes on with its trial.
      table.setLease(Date.now() - 1);
      await optimize(other, () => 2, { trials: 1 });
      return 3;
    },
    { trials: 3, onTrial },
  );
  t.is(result.stopped, 'finished');
  t.deepEqual(told, [1, 2], 'what was taken over is left to the other');
  t.deepEqual(
    (await readStudy(storage, 's')).trials.map(({ value }) => value),
    [2, 1, 1],
  );
  table.close();
  for (const study of [stopped, other]) await study.close();
  await storage.close();
});

test('a lease by a clock that was ahead lasts no longer than any other', async (t) => {
  const file = newFile();
  const store = await storeWithoutRenewal(file);
  const study = await openStudy({ storage: store, name: 's', direction: 'minimize', lag: 8 });
  await study.ask();
  const table = openTable(file);
  const day = 86_400_000;
  table.setLease(Date.now() + day);
  t.is((await store.claimTrial('s', { ...claim, owner: newOwner() }))?.number, 1);
  t.true(table.lease() <= Date.now() + leaseMs);
  table.setLease(Date.now() + day);
  await t.throwsAsync(store.deleteStudy('s'), { message: /it holds trial 0 until \d\d:\d\d:\d\d\.$/ });
  t.true(table.lease() <= Date.now() + leaseMs);
  table.setLease(Date.now() - 1);
  await store.deleteStudy('s');
  t.deepEqual(await store.listStudies(), []);
  table.close();
  await study.close().catch(() => {});
  await store.close();
});

test('a study that is not closed keeps no process from ending', (t) => {
  const search = join(import.meta.dirname, '../../search/open-study.ts');
  const code =
    `const { openStudy } = await import(${JSON.stringify(search)});` +
    `const study = await openStudy({ name: 's', direction: 'minimize', storage: ${JSON.stringify(newFile())} });` +
    'await study.ask();';
  const words = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', code];
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  t.deepEqual([status, stderr], [0, '']);
});

test('who waits is told for which trial, for whom, and until when', async (t) => {
  const file = newFile();
  const storage = await sqliteStorage(file);
  const open = () => openStudy({ storage, name: 's', direction: 'minimize', lag: 1 });
  const [one, two] = [await open(), await open()];
  const trial = await one.ask();
  const stop = new AbortController();
  const waited: [number, number, boolean][] = [];
  await optimize(two, () => 1, {
    trials: 2,
    signal: stop.signal,
    onWait([{ number, owner, leaseLeftMs }]) {
      waited.push([number, owner.pid, leaseLeftMs !== null && leaseLeftMs > 0 && leaseLeftMs <= leaseMs]);
      stop.abort();
    },
  });
  t.deepEqual(waited, [[0, process.pid, true]]);
  await one.tell(trial, 1);
  for (const study of [one, two]) await study.close();
  await storage.close();
});
