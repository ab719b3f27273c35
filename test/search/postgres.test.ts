import { createServer, connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import test from 'ava';
import { leaseMs, newOwner } from '../../base/owner.ts';
import { keepLeasesAt } from '../../search/storage/leases.ts';
import { openStorage } from '../../search/storage/index.ts';
import { postgresStorage } from '../../search/storage/postgres.ts';
import { parseLocation, type PostgresPlace, shownLocation } from '../../search/storage/location.ts';
import { StudyError } from '../../search/study-error.ts';
import { readStudy } from '../../search/read-study.ts';
import { openStudy } from '../../search/open-study.ts';
import { replayStudy } from '../../search/replay.ts';
import { LeaseLostError } from '../../search/storage/refusals.ts';
import type { FrozenTrial } from '../../search/frozen-trial.ts';
import { testStorage } from '../contracts/storage.ts';
import { missingPostgres, password, startPostgres } from '../helpers/postgres.ts';
import { studyDefinition } from '../helpers/study-definition.ts';
import { linesOf, referenceTrials, startChild, testKills } from './children.ts';
import { essence } from './snapshot.ts';

const missing = missingPostgres();
if (missing === null) await testPostgres();
else test.skip(`postgres: ${missing}`, () => {});

async function testPostgres(): Promise<void> {
  const server = await startPostgres();
  test.after.always(() => server.stop());

  testStorage('postgres', async () => openStorage(await server.database()));

  test.serial('several processes run one study, are killed at random, and it is the same as of one', async (t) => {
    await testKills(t, await server.database(), { trials: 150, kills: 6 });
  });

  test.serial(
    'so with workers that run freely: nothing is lost or done twice, and the record replays it',
    async (t) => {
      await testKills(t, await server.database(), { trials: 150, kills: 6, lag: 'none' });
    },
  );

  test.serial('a crash and restart of the server in the middle of a study changes nothing', async (t) => {
    const trials = 60;
    const address = await server.database();
    const children = [1, 2].map(() => startChild(address, 's', trials, { pausesAt: 40 }));
    for await (const line of children[0].lines) if (line.startsWith('finished')) break;
    await server.crashAndRestart();
    const { trials: before } = await readStudy(address, 's');
    t.true(before.length < trials, 'the crash came before the end');
    for (const child of children) child.release();
    await Promise.all(children.map(({ exited }) => exited));
    t.deepEqual((await readStudy(address, 's')).trials.map(essence), await referenceTrials(trials));
  });

  test.serial('what a crash of the server takes back is read anew by those who have seen it', async (t) => {
    const address = await server.database();
    const open = (): ReturnType<typeof openStudy> =>
      openStudy({ storage: address, name: 's', direction: 'minimize', sampler: 'random', seed: 1 });
    const [claimant, watcher] = [await open(), await open()];
    await claimant.tell(await claimant.ask(), 0.5);
    // Begins are not on the disk at once: see `startPostgres`.
    const undone = await claimant.ask();
    undone.setUserAttribute('try', 'undone');
    await watcher.refresh();
    t.deepEqual(states(watcher.trials), ['COMPLETE', 'RUNNING']);
    await server.crashAndRestart();
    t.deepEqual(states((await readStudy(address, 's')).trials), ['COMPLETE']);

    await watcher.refresh();
    t.deepEqual(states(watcher.trials), ['COMPLETE']);
    const again = await watcher.ask();
    t.is(again.number, 1);
    await t.throwsAsync(claimant.tell(undone, 7), { instanceOf: LeaseLostError });
    await claimant.refresh();
    await watcher.tell(again, 0.25);
    // Revisions that were lost are not given again: who had read them misses nothing.
    await claimant.refresh();
    t.deepEqual(
      claimant.trials.map(({ value }) => value),
      [0.5, 0.25],
    );
    const next = await claimant.ask();
    t.deepEqual([next.number, next.freeze().seen], [2, { count: 2, running: [] }]);
    await claimant.tell(next, 1);
    await Promise.all([claimant.close(), watcher.close()]);
    t.deepEqual(replayStudy(await readStudy(address, 's')).differences, []);
  });

  test.serial(
    'a process whose own claim was taken back by a crash goes on with the number it gets again',
    async (t) => {
      const storage = await server.database();
      const study = await openStudy({ storage, name: 's', direction: 'minimize', sampler: 'random', seed: 1 });
      await study.tell(await study.ask(), 0.5);
      const undone = await study.ask();
      await server.crashAndRestart();
      const again = await study.ask();
      t.deepEqual([undone.number, again.number], [1, 1]);
      await t.throwsAsync(study.tell(undone, 7), { instanceOf: LeaseLostError });
      await study.tell(again, 0.25);
      t.deepEqual(
        study.trials.map(({ value }) => value),
        [0.5, 0.25],
      );
      await study.close();
    },
  );

  test.serial(
    'two who change a study at the same time lose nothing, and neither does one who renames it',
    async (t) => {
      const address = await server.database();
      const stores = await Promise.all([openStorage(address), openStorage(address)]);
      await stores[0].createStudy(definition);
      const confirm = (store: number) => async (_: unknown, i: number) =>
        stores[store].changeStudy('a', { confirmations: [{ trial: i, seed: store, value: 1, standardError: 0 }] });
      const twenty = Array.from({ length: 20 });
      await Promise.all([0, 1].flatMap((store) => twenty.map(confirm(store))));
      const [{ confirmations }] = await stores[0].listStudies();
      t.is(confirmations?.length, 40);

      let name = 'a';
      const rename = async (): Promise<void> => {
        for (const i of twenty.keys()) {
          await stores[0].renameStudy(name, `a${i}`);
          name = `a${i}`;
        }
      };
      let changed: number | undefined;
      const change = async (): Promise<void> => {
        for (const wantedTrials of twenty.keys()) {
          // The study may just have got another name.
          const isDone = await stores[1].changeStudy(name, { wantedTrials: wantedTrials + 1 }).then(
            () => true,
            () => false,
          );
          if (isDone) changed = wantedTrials + 1;
        }
      };
      await Promise.all([rename(), change()]);
      const [renamed] = await stores[0].listStudies();
      t.is(renamed.name, 'a19');
      t.is(renamed.wantedTrials, changed);
      await stores[1].changeStudy(name, { wantedTrials: 77 });
      t.is((await stores[0].listStudies())[0].wantedTrials, 77);
      await Promise.all(stores.map((store) => store.close()));
    },
  );

  test.serial('eight processes can open one new database at once', async (t) => {
    const address = await server.database();
    const names = Array.from({ length: 8 }, (_, i) => `study-${i}`);
    for (const lines of await Promise.all(names.map((name) => linesOf(address, name, 2)))) t.is(lines.at(-1), 'done');
    for (const name of names) t.is((await readStudy(address, name)).trials.length, 2);
  });

  test.serial('leases end by the clock of the database', async (t) => {
    const store = await openStorage(await server.database());
    await store.createStudy({ ...definition, lag: 8 });
    const prepare = <T>(trial: T): T => trial;
    const claim = { running: [], limit: Infinity, revision: 0, prepare };
    await store.claimTrial('a', { ...claim, owner: { ...newOwner(), host: 'elsewhere' } });
    const { now } = Date;
    Date.now = () => now() + 1e9;
    try {
      t.is((await store.claimTrial('a', { ...claim, owner: newOwner() }))?.number, 1);
    } finally {
      Date.now = now;
    }
    await store.close();
  });

  test('a lease is renewed by a thread of its own, which saves nothing else', async (t) => {
    const address = await server.database();
    const store = await postgresStorage(parseLocation(address) as PostgresPlace);
    await store.createStudy({ ...definition, lag: 8 });
    const owner = newOwner();
    const claim = { running: [], limit: Infinity, revision: 0, prepare: <T>(trial: T): T => trial };
    await store.claimTrial('a', { ...claim, owner });
    await store.claimTrial('a', { ...claim, owner: newOwner(), running: [] });
    const { revision } = await store.readTrials('a');
    await server.run(address, "UPDATE wide_optima.trials SET lease_until = '2000-01-01'");
    const thread = keepLeasesAt(address, 'a', owner, { leaseMs, renewalMs: 5 });
    let running = await store.readRunning('a');
    while (!running[0].isAlive) running = await store.readRunning('a');
    t.deepEqual(
      running.map(({ isAlive }) => isAlive),
      [true, false],
    );
    t.is((await store.readTrials('a')).revision, revision);
    await thread.close();
    // A clock of the server that was ahead.
    await server.run(address, "UPDATE wide_optima.trials SET lease_until = now() + interval '1 day'");
    await store.claimTrial('a', { ...claim, owner: newOwner() });
    for (const { leaseLeftMs } of await store.readRunning('a')) t.true(leaseLeftMs! <= leaseMs);
    await store.close();
  });

  test('a transaction whose COMMIT is not answered takes effect once', async (t) => {
    const address = await server.database();
    const direct = await openStorage(address);
    await direct.createStudy(definition);
    const proxy = await startProxy(address);
    const store = await openStorage(proxy.address);
    proxy.cutNextCommit();
    t.is((await store.enqueueTrial('a', { x: 0.5 }))?.number, 0);
    t.is(proxy.cuts(), 1);
    t.is((await direct.readTrials('a')).trials.length, 1);
    await Promise.all([store.close(), direct.close()]);
    proxy.close();
  });

  test('what is wrong with a database is said in a sentence, and without the password', async (t) => {
    const address = await server.database();
    const refusal = async (change: (url: URL) => void, options: { mustExist?: boolean } = {}): Promise<string> => {
      const url = new URL(address);
      change(url);
      const error = await t.throwsAsync(openStorage(url.href, options), { instanceOf: StudyError });
      t.false(error.message.includes('s3cret'), error.message);
      return error.message.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST');
    };
    const mistype = (url: URL): void => void (url.password = 's3cret2');
    const name = new URL(address).pathname;
    t.is(
      await refusal(mistype),
      `The server of postgres://tester@HOST${name} refuses the user or the password: check both.`,
    );
    t.regex(await refusal((url) => (url.password = '')), /refuses the user or the password: check both\.$/);
    t.is(
      await refusal((url) => (url.pathname = '/none')),
      'There is no database postgres://tester@HOST/none: make it with createdb, or use another one.',
    );
    t.regex(await refusal((url) => (url.hostname = 'host.invalid')), /^The host of .* is unknown: check the address/);
    t.regex(await refusal((url) => (url.port = '1')), /^The server of .* does not answer: start it, or check the add/);
    t.is(
      await refusal(() => {}, { mustExist: true }),
      `There are no studies in postgres://tester@HOST${name}: run a search first, or name another one.`,
    );
    await server.run(address, 'CREATE SCHEMA wide_optima');
    t.is(
      await refusal(() => {}),
      `The schema wide_optima of postgres://tester@HOST${name} is not of this program: use another database.`,
    );
    await server.run(address, 'CREATE TABLE wide_optima.format AS SELECT 99 AS version');
    t.regex(await refusal(() => {}), /was written by a newer version of this program \(format 99, this one knows 5\)/);
    const error = await t.throwsAsync(openStorage(`postgres://tester:${password}:#@HOST:x/`));
    t.regex(error.message, /^Expected a storage like postgres:.* special characters of the password/);
    t.false(`${error.message}${String(error.cause)}`.includes(password));
  });

  test('damaged rows are refused', async (t) => {
    const address = await server.database();
    const study = await openStudy({ storage: address, name: 'a', direction: 'minimize', sampler: 'random' });
    await study.tell(await study.ask(), 1);
    await study.close();
    await server.run(address, "UPDATE wide_optima.trials SET state = 'LOST'");
    await t.throwsAsync(readStudy(address, 'a'), {
      instanceOf: StudyError,
      message: /^Trial 0 of study "a" in postgres:.* is damaged or missing: /,
    });
  });

  for (const version of [1, 2, 3, 4])
    test(`tables of version ${version} are read as they are, and taken over without a loss by a search`, async (t) => {
      const address = await server.database();
      const options = { storage: address, name: 'a', direction: 'minimize', sampler: 'random' } as const;
      const store = await openStorage(address);
      await store.createStudy({ ...definition, sampler: 'random', lag: 'none' });
      const owner = newOwner();
      // What trials of then have seen is not known.
      const claim = { owner, running: [0, 1, 2], limit: Infinity, revision: 0, prepare: <T>(trial: T): T => trial };
      for (const value of [0.1 + 0.2, -0, 5e-324]) {
        const trial = (await store.claimTrial('a', claim))!;
        await store.saveTrials('a', owner, [{ ...trial, state: 'COMPLETE', value, finishedAt: trial.startedAt }]);
      }
      await store.close();
      const { trials } = await readStudy(address, 'a');
      await server.run(address, 'DROP TABLE wide_optima.lives');
      await server.run(address, 'ALTER TABLE wide_optima.studies DROP COLUMN first_revision');
      const later = [version < 4 ? ['objective_values', 'constraint_values'] : [], version < 3 ? ['seen'] : []];
      for (const name of later.flat()) {
        await server.run(address, `ALTER TABLE wide_optima.trials DROP COLUMN ${name}`);
      }
      for (const table of version === 1 ? ['studies', 'trials'] : []) {
        await server.run(address, `ALTER TABLE wide_optima.${table} DROP COLUMN checksum`);
      }
      await server.run(address, `UPDATE wide_optima.format SET version = ${version}`);
      t.deepEqual((await readStudy(address, 'a')).trials, trials);
      const again = await openStudy(options);
      t.deepEqual(again.trials, trials);
      await again.tell(await again.ask(), 1);
      await again.close();
      t.deepEqual((await readStudy(address, 'a')).trials.slice(0, 3), trials);
      await server.run(address, 'ALTER TABLE wide_optima.trials ADD COLUMN x text');
      await t.throwsAsync(readStudy(address, 'a'), {
        instanceOf: StudyError,
        message: /^The schema wide_optima of postgres:.* is damaged: its tables are not those of format 5\. Restore/,
      });
    });

  test('a row that was changed or lost is noticed', async (t) => {
    const address = await server.database();
    for (const name of ['a', 'b']) {
      const study = await openStudy({ storage: address, name, direction: 'minimize', sampler: 'random' });
      for (let i = 0; i < 3; i += 1) await study.tell(await study.ask(), i);
      await study.close();
    }
    await server.run(address, 'UPDATE wide_optima.trials SET value = value + 1e-9 WHERE study_id = 1 AND number = 1');
    await t.throwsAsync(readStudy(address, 'a'), { message: /^Trial 1 of study "a" in .* is damaged or missing: / });
    t.is((await readStudy(address, 'b')).trials.length, 3);
    await server.run(address, 'DELETE FROM wide_optima.trials WHERE study_id = 2 AND number = 2');
    await t.throwsAsync(readStudy(address, 'b'), { message: /^Trial 2 of study "b" in .* is damaged or missing: / });
  });

  test('the address for messages has no password', (t) => {
    t.is(shownLocation('postgresql://me:x@db:5433/s?password=x'), 'postgres://me@db:5433/s');
    t.is(shownLocation('postgres://me:x@db/s?sslpassword=x&sslmode=require'), 'postgres://me@db/s?sslmode=require');
    t.is(shownLocation('runs/studies.db'), 'runs/studies.db');
  });
}

const states = (trials: readonly FrozenTrial[]): string[] => trials.map(({ state }) => state);

const definition = { ...studyDefinition, sampler: 'tpe', lag: 1 } as const;

/** Stands before a server and loses, when it is told to, the connection over which the next COMMIT was sent. */
async function startProxy(address: string) {
  const target = new URL(address);
  let isCutting = false;
  let cuts = 0;
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    let isLost = false;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    near.on('data', (bytes) => {
      if (isCutting && bytes.includes('COMMIT')) {
        isCutting = false;
        isLost = true;
        cuts++;
      }
      far.write(bytes);
    });
    // The server answers the COMMIT once it is done.
    far.on('data', (bytes) => (isLost ? near.destroy() : near.write(bytes)));
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const url = new URL(address);
  url.port = String((proxy.address() as AddressInfo).port);
  return {
    address: url.href,
    cutNextCommit: () => void (isCutting = true),
    cuts: () => cuts,
    close() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}
