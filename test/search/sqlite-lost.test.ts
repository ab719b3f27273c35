import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { leaseMs, newOwner } from '../../base/owner.ts';
import { openSqliteFile } from '../../search/storage/sqlite-writer.ts';
import { keepLeasesIn } from '../../search/storage/leases.ts';
import { nextTurn } from '../../base/next-turn.ts';
import { openStudy } from '../../search/open-study.ts';
import { openStorage } from '../../search/storage/index.ts';
import type { Storage } from '../../search/storage/storage.ts';
import { readStudy } from '../../search/read-study.ts';
import type { FrozenTrial } from '../../search/frozen-trial.ts';
import { referenceTrials, startChild } from './children.ts';
import { essence } from './snapshot.ts';
import { studyDefinition } from '../helpers/study-definition.ts';

const folder = mkdtempSync(join(tmpdir(), 'sqlite-lost-'));
test.after.always(() => rmSync(folder, { recursive: true }));

const definition = { ...studyDefinition, lag: 8 } as const;

const owner = newOwner();
let files = 0;

/** A store with five trials in a folder of its own, as two processes have it open. */
async function twoStores() {
  const path = join(folder, String(files++), 'studies.db');
  const notices: string[] = [];
  const onNotice = (sentence: string): void => void notices.push(sentence.replaceAll(dirname(path), 'FOLDER'));
  const stores = [await openStorage(path, { onNotice }), await openStorage(path, { onNotice })] as const;
  await stores[0].createStudy(definition);
  for (let i = 0; i < 5; i += 1) await runTrial(stores[i % 2]);
  return { path, stores, notices };
}

async function runTrial(store: Storage, running: readonly number[] = []): Promise<FrozenTrial> {
  const trial = await store.claimTrial('a', {
    owner,
    running,
    limit: Infinity,
    revision: 0,
    prepare: (record) => record,
  });
  const finished = { ...trial!, state: 'COMPLETE', value: trial!.number, finishedAt: '2026-01-31' } as const;
  await store.saveTrials('a', owner, [finished]);
  return finished;
}

async function values(path: string): Promise<unknown[]> {
  const store = await openStorage(path, { readOnly: true });
  const { trials } = await store.readTrials('a');
  await store.close();
  return trials.map(({ value }) => value);
}

/** A store with a running trial, whose lease is renewed all the time. */
async function leasedStore(path: string) {
  const store = await openStorage(path);
  const file = await openSqliteFile(path, {});
  await store.createStudy(definition);
  const trial = await store.claimTrial('a', { owner, running: [], limit: 1, revision: 0, prepare: (record) => record });
  const keeper = keepLeasesIn(file, 'a', owner, { leaseMs, renewalMs: 1 });
  return {
    first: trial!.number,
    store: {
      ...store,
      async close() {
        await keeper.close();
        await file.close();
        await store.close();
      },
    },
  };
}

/** Waits as long as a test may take. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(10);
}

/** Both processes go on, and end: all trials are in one file. */
async function testLoss(t: ExecutionContext, lose: (path: string) => void, at = 'studies.db') {
  const { path, stores, notices } = await twoStores();
  lose(path);
  for (let i = 0; i < 4; i += 1) t.is((await runTrial(stores[i % 2])).number, 5 + i);
  const file = join(dirname(path), at);
  t.is(stores[0].location, file);
  t.is(stores[1].location, file);
  for (const store of stores) await store.close();
  t.deepEqual(await values(file), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  const left = readdirSync(dirname(path)).filter((name) => name.endsWith('.tmp'));
  t.deepEqual(left, []);
  return { path, notices };
}

const parts = ['', '-wal', '-shm'];

if (process.platform !== 'win32') {
  /** Trials of a study that is lost at the twelfth line and goes on for long. */
  const trials = 50;
  const alone = referenceTrials(trials);

  test('a store that is deleted while two processes run it is written anew with all trials', async (t) => {
    const { notices } = await testLoss(t, (file) => parts.forEach((part) => rmSync(file + part)));
    t.deepEqual(notices, [
      'FOLDER/studies.db was deleted or moved while it was open: it was written again, with all studies.',
    ]);
  });

  test('a study tells where it was rescued to, with a warning of the process if nobody listens', async (t) => {
    const warnings: string[] = [];
    const onWarning = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', onWarning);
    t.teardown(() => process.off('warning', onWarning));
    const told: string[] = [];
    for (const onNotice of [undefined, (sentence: string) => void told.push(sentence)]) {
      const path = join(mkdtempSync(join(folder, 'told-')), 'studies.db');
      const study = await openStudy({ name: 's', direction: 'minimize', storage: path, onNotice });
      await study.tell(await study.ask(), 1);
      for (const end of ['', '-wal', '-shm']) rmSync(path + end);
      await study.tell(await study.ask(), 2);
      await study.close();
      t.is((await readStudy(path, 's')).trials.length, 2);
    }
    await nextTurn();
    t.true(told.length > 0);
    // Tests beside this one lose files too.
    t.is(warnings.filter((sentence) => sentence.includes('told-')).length, told.length);
  });

  test('so is one that is deleted without its log', async (t) => {
    await testLoss(t, (file) => rmSync(file));
  });

  test('one whose log is deleted loses nothing', async (t) => {
    await testLoss(t, (file) => parts.slice(1).forEach((part) => rmSync(file + part)));
    await testLoss(t, (file) => rmSync(`${file}-wal`));
    await testLoss(t, (file) => rmSync(`${file}-shm`));
  });

  test('one whose folder is deleted or moved is written anew', async (t) => {
    await testLoss(t, (file) => rmSync(dirname(file), { recursive: true }));
    await testLoss(t, (file) => renameSync(dirname(file), `${dirname(file)}-moved`));
  });

  test('one that is replaced by another file goes on beside it, and the other is left as it is', async (t) => {
    const other = 'other content';
    const { path, notices } = await testLoss(
      t,
      (file) => {
        rmSync(file);
        writeFileSync(file, other);
      },
      'studies-rescued.db',
    );
    t.is(readFileSync(path, 'utf8'), other);
    const place = 'FOLDER/studies-rescued.db';
    t.is(
      notices[0],
      `FOLDER/studies.db was replaced while it was open: its studies are in ${place} now, where they go on. ` +
        'Name that file from now on.',
    );
  });

  test('one that is replaced by a store of others, or by an older copy of itself, goes on beside it', async (t) => {
    const { path: another, stores } = await twoStores();
    for (const store of stores) await store.close();
    const { path } = await testLoss(
      t,
      (file) => {
        parts.forEach((part) => rmSync(file + part));
        copyFileSync(another, file);
      },
      'studies-rescued.db',
    );
    t.deepEqual(await values(path), [0, 1, 2, 3, 4]);
  });

  test('one that is replaced by a whole copy of itself goes on in the copy', async (t) => {
    const { path, stores } = await twoStores();
    await stores[1].close();
    await stores[0].close();
    const store = await openStorage(path);
    copyFileSync(path, `${path}.copy`);
    renameSync(`${path}.copy`, path);
    t.is((await runTrial(store)).number, 5);
    t.is(store.location, path);
    await store.close();
    t.deepEqual(await values(path), [0, 1, 2, 3, 4, 5]);
  });

  test('one that is deleted after the last trial is written anew at the end', async (t) => {
    const { path, stores } = await twoStores();
    rmSync(dirname(path), { recursive: true });
    for (const store of stores) await store.close();
    t.deepEqual(await values(path), [0, 1, 2, 3, 4]);
  });

  test('where the folder cannot be made, the folder for temporary files takes it', async (t) => {
    const { path, stores } = await twoStores();
    rmSync(dirname(path), { recursive: true });
    writeFileSync(dirname(path), '');
    await runTrial(stores[0]);
    const { location } = stores[0];
    t.is(dirname(location), tmpdir());
    for (const store of stores) await store.close();
    t.deepEqual(await values(location), [0, 1, 2, 3, 4, 5]);
    rmSync(location);
    t.false(existsSync(path));
    mkdirSync(join(folder, 'kept'));
  });

  test('whoever opens a store that has lost its log waits until it is merged', async (t) => {
    const file = join(folder, 'late', 'studies.db');
    const child = startChild(file, 's', trials);
    const lines: string[] = [];
    let late: ReturnType<typeof startChild> | undefined;
    let lateLines: Promise<string[]> | undefined;
    for await (const line of child.lines) {
      lines.push(line);
      if (lines.length === 10) {
        parts.slice(1).forEach((part) => rmSync(file + part));
        late = startChild(file, 's', trials);
        lateLines = Array.fromAsync(late.lines);
      }
      if (!/^(running|finished)/.test(line)) break;
    }
    child.release();
    late!.release();
    const outputs = [lines, await lateLines!];
    await Promise.all([child.exited, late!.exited]);
    t.deepEqual([outputs[0].at(-1), outputs[1].at(-1)], ['done', 'done']);
    t.deepEqual((await readStudy(file, 's')).trials.map(essence), await alone);
    t.deepEqual(
      readdirSync(dirname(file)).filter((name) => name.includes('rescued')),
      [],
    );
  });

  test('leases go on in a store that was lost, and hold up nobody who writes it anew', async (t) => {
    const file = join(folder, 'leased', 'studies.db');
    const { store, first } = await leasedStore(file);
    for (const lose of [
      () => parts.slice(1).forEach((part) => rmSync(file + part)),
      () => parts.forEach((part) => rmSync(file + part)),
      () => rmSync(dirname(file), { recursive: true }),
    ]) {
      lose();
      // Renewals fail meanwhile.
      await sleep(50);
      await runTrial(store, [first]);
      const found = new DatabaseSync(file, { timeout: 30_000 });
      found.prepare('UPDATE trials SET lease_until = 1 WHERE number = ?').run(first);
      const lease = found.prepare('SELECT lease_until AS until FROM trials WHERE number = ?');
      await until(() => lease.get(first)?.until !== 1);
      found.close();
    }
    await store.close();
    t.deepEqual(await values(file), [null, 1, 2, 3]);
  });

  const losses: Readonly<Record<string, (file: string) => void>> = {
    'is deleted': (file) => parts.forEach((part) => rmSync(file + part)),
    'is deleted without its log': (file) => rmSync(file),
    'loses its log': (file) => parts.slice(1).forEach((part) => rmSync(file + part)),
    'is moved with its folder': (file) => renameSync(dirname(file), `${dirname(file)}-moved`),
  };
  for (const [what, lose] of Object.entries(losses)) {
    test.serial(`a store that ${what} under two processes ends as one that was left alone`, async (t) => {
      const file = join(folder, what, 'studies.db');
      const children = [startChild(file, 's', trials, { waits: true }), startChild(file, 's', trials, { waits: true })];
      let openCount = 0;
      let lineCount = 0;
      const last = await Promise.all(
        children.map(async ({ lines }) => {
          for await (const line of lines) {
            if (line === 'open') {
              openCount += 1;
              if (openCount === children.length) for (const child of children) child.go();
            } else {
              lineCount += 1;
              if (lineCount === 12) lose(file);
              if (!/^(running|finished)/.test(line)) return line;
            }
          }
          return 'nothing';
        }),
      );
      t.deepEqual(last, ['done', 'done']);
      for (const child of children) child.release();
      await Promise.all(children.map(({ exited }) => exited));
      t.deepEqual((await readStudy(file, 's')).trials.map(essence), await alone);
    });
  }
}
