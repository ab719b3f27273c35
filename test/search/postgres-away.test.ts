import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { newOwner } from '../../base/owner.ts';
import { optimize } from '../../search/optimize.ts';
import { parseLocation } from '../../search/storage/location.ts';
import type { PostgresPlace } from '../../search/storage/location.ts';
import { openStorage } from '../../search/storage/index.ts';
import { postgresStorage } from '../../search/storage/postgres.ts';
import { StoreLostError } from '../../search/storage/refusals.ts';
import type { Storage, StorageOptions } from '../../search/storage/storage.ts';
import { keepingUnsaved } from '../../search/storage/unsaved.ts';
import { readStudy } from '../../search/read-study.ts';
import { openStudy } from '../../search/open-study.ts';
import { runIn } from '../cli/in-process.ts';
import { missingPostgres, startPostgres } from '../helpers/postgres.ts';

const missing = missingPostgres();
if (missing === null) await testAway();
else test.skip(`postgres: ${missing}`, () => {});

const options = { name: 'a', direction: 'minimize', sampler: 'random', lag: 8 } as const;
/** In place of a minute: whoever starves a test of its time for as long makes it fail. */
const patienceMs = 3_000;
/** Longer than any test may take: whoever waits for it has failed. */
const foreverMs = 2 ** 30;

async function testAway(): Promise<void> {
  const server = await startPostgres();
  test.after.always(() => server.stop());
  const folder = mkdtempSync(join(tmpdir(), 'postgres-away-'));
  test.after.always(() => rmSync(folder, { recursive: true }));

  const open = (address: string, wait: number, more: StorageOptions = {}): Promise<Storage> =>
    postgresStorage(parseLocation(address) as PostgresPlace, more, wait);

  /** A search in which the server goes away while two trials run; one of them then ends. */
  async function loseTrial(name: string, address: string, proxy: Proxy) {
    const unsaved = join(folder, name);
    const notices: string[] = [];
    const store = await open(proxy.address, patienceMs);
    const storage = keepingUnsaved(store, unsaved, (sentence) => void notices.push(sentence.replace(folder, 'FOLDER')));
    const study = await openStudy({ ...options, storage });
    const running = [await study.ask(), await study.ask()];
    proxy.set('cut');
    return { unsaved, notices, study, store, running, address };
  }

  for (const mode of ['cut', 'silent'] as const) {
    test(`a server that is ${mode} for good ends a search, and what was finished is handed in at the next start`, async (t) => {
      const address = await server.database();
      const proxy = await startProxy(t, address);
      const unsaved = join(folder, mode);
      const notices: string[] = [];
      const onNotice = (sentence: string): void => void notices.push(sentence.replace(folder, 'FOLDER'));
      const store = await open(proxy.address, patienceMs);
      const study = await openStudy({ ...options, storage: keepingUnsaved(store, unsaved, onNotice) });
      const error = await t.throwsAsync(
        optimize(
          study,
          ({ number }) => {
            if (number === 2) proxy.set(mode);
            return number / 2;
          },
          { trials: 10 },
        ),
        { instanceOf: StoreLostError },
      );
      t.regex(
        error.message,
        /^The server of postgres:.* does not answer any more: start it, or check the network, then/,
      );
      await t.throwsAsync(study.ask(), { instanceOf: StoreLostError });
      await t.throwsAsync(study.close(), { instanceOf: StoreLostError });
      await store.close();
      t.regex(
        notices.join(),
        /^Trial 2 of study "a" could not be saved: it is kept in FOLDER\/.*\/trial-2-[\da-f]{16}\.json, and the next start hands it in\.$/,
      );
      const [file] = readdirSync(unsaved);
      t.notRegex(readFileSync(join(unsaved, file), 'utf8'), /s3cret/);
      writeFileSync(join(unsaved, 'trial-7-0123456789abcdef.json'), '{"study":');

      proxy.set('open');
      const again = keepingUnsaved(await open(proxy.address, foreverMs), unsaved, onNotice);
      const next = await openStudy({ ...options, storage: again });
      t.deepEqual(
        next.trials.map(({ number, state, value }) => [number, state, value]),
        [
          [0, 'COMPLETE', 0],
          [1, 'COMPLETE', 0.5],
          [2, 'COMPLETE', 1],
        ],
      );
      t.is((await optimize(next, ({ number }) => number / 2, { trials: 4 })).finishedCount, 4);
      await next.close();
      await again.close();
      t.deepEqual(readdirSync(unsaved), ['trial-7-0123456789abcdef.json'], 'one that cannot be read blocks nothing');
      t.regex(notices.join(' '), /trial-7-0123456789abcdef\.json: expected JSON, got something else/);
      t.regex(notices.join(' '), /Trial 2 of study "a" was handed in from FOLDER/);
    });
  }

  test('a trial that others ran meanwhile stays as they left it', async (t) => {
    const address = await server.database();
    const proxy = await startProxy(t, address);
    const { unsaved, notices, study, store, running } = await loseTrial('meanwhile', address, proxy);
    await t.throwsAsync(study.tell(running[0], 0.25), { instanceOf: StoreLostError });
    await t.throwsAsync(study.close(), { instanceOf: StoreLostError });
    await store.close();
    // As if its lease had ended.
    const other = await openStorage(address);
    const owner = newOwner();
    const [trial] = (await other.readTrials('a')).trials;
    await server.run(address, `UPDATE wide_optima.trials SET owner = '${JSON.stringify(owner)}' WHERE number = 0`);
    await other.saveTrials('a', owner, [{ ...trial, state: 'COMPLETE', value: 7, finishedAt: '2026-01-31' }]);
    await other.close();

    proxy.set('open');
    const onNotice = (sentence: string): void => void notices.push(sentence.replace(folder, 'FOLDER'));
    const again = keepingUnsaved(await open(proxy.address, foreverMs), unsaved, onNotice);
    const next = await openStudy({ ...options, storage: again });
    t.is(next.trials[0].value, 7);
    t.regex(notices.at(-1) ?? '', /^Trial 0 of study "a" was run again meanwhile: FOLDER.* is removed\.$/);
    t.deepEqual(readdirSync(unsaved), []);
    await next.close();
    await again.close();
  });

  test('a study with a folder for it keeps there what the server could not take, and study optimize hands it in', async (t) => {
    const address = await server.database();
    const proxy = await startProxy(t, address);
    const place = mkdtempSync(join(folder, 'optimize-'));
    const space = '{"x":{"kind":"float","low":0,"high":1}}';
    const go = (trials: string) =>
      runIn(place, [
        'study',
        'optimize',
        'echo {x}',
        '--name',
        's',
        '--space',
        space,
        '--trials',
        trials,
        '--storage',
        address,
      ]);
    const first = await go('1');
    t.is(first.code, 0, first.stderr);
    const controller = new AbortController();
    const unsavedDir = join(place, 'runs/unsaved');
    const notices: string[] = [];
    const onNotice = (sentence: string): void => void notices.push(sentence);
    const storage = await openStorage(proxy.address, { signal: controller.signal, unsavedDir, onNotice });
    const study = await openStudy({ storage, name: 's' });
    const trial = await study.ask();
    proxy.set('cut');
    const told = study.tell(trial, 0.25);
    controller.abort();
    await t.throwsAsync(told, { instanceOf: StoreLostError });
    await t.throwsAsync(study.close(), { instanceOf: StoreLostError });
    await storage.close();
    t.regex(notices.join(), /^Trial 1 of study "s" could not be saved: it is kept in /);

    const second = await go('2');
    t.is(second.code, 0, second.stderr);
    t.regex(second.stderr, /Trial 1 of study "s" was handed in from runs\/unsaved\/trial-1-/);
    t.is((await readStudy(address, 's')).trials[1].value, 0.25);
    t.deepEqual(readdirSync(unsavedDir), []);
  });

  test('whoever wants to end waits for no server: not for an answer, a connection, or a farewell', async (t) => {
    const address = await server.database();
    const proxy = await startProxy(t, address);
    const controller = new AbortController();
    const { signal } = controller;
    const store = await open(proxy.address, foreverMs, { signal });
    await store.createStudy({ ...options, seed: 0, space: null, pruner: 'none', task: null });
    proxy.set('silent');
    const inTransaction = store.enqueueTrial('a', {});
    const reading = store.readTrials('a');
    const opening = open(proxy.address, foreverMs, { signal });
    controller.abort();
    for (const waiting of [inTransaction, reading]) await t.throwsAsync(waiting, { instanceOf: StoreLostError });
    await t.throwsAsync(opening);
    await t.throwsAsync(store.readTrials('a'), { instanceOf: StoreLostError });
    await store.close();

    const silent = await open(address, foreverMs);
    await silent.close();
    proxy.set('open');
    const idle = await open(proxy.address, foreverMs);
    proxy.set('silent');
    await idle.close();
    t.deepEqual((await readStudy(address, 'a')).trials, []);
  });
}

type Mode = 'open' | 'cut' | 'silent';
type Proxy = Awaited<ReturnType<typeof startProxy>>;

/** Stands before a server: passes everything on, cuts every connection, or keeps them and passes nothing on. */
async function startProxy(t: ExecutionContext, address: string) {
  const target = new URL(address);
  let mode: Mode = 'open';
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    if (mode === 'cut') near.destroy();
    near.on('data', (bytes) => mode === 'open' && far.write(bytes));
    far.on('data', (bytes) => mode === 'open' && near.write(bytes));
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const url = new URL(address);
  url.port = String((proxy.address() as AddressInfo).port);
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  t.teardown(() => {
    cut();
    proxy.close();
  });
  return {
    address: url.href,
    set(wanted: Mode) {
      mode = wanted;
      // What was swallowed in between cannot be made up for.
      if (wanted !== 'silent') cut();
    },
  };
}
