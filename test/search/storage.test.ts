import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { isAlive, newOwner } from '../../search/owner.ts';
import type { Owner } from '../../search/owner.ts';
import { memoryStorage } from '../../search/storage/memory.ts';
import { sqliteStorage } from '../../search/storage/sqlite.ts';
import type { Storage, StudyDefinition } from '../../search/storage/storage.ts';
import { StudyError } from '../../search/study-error.ts';
import type { FrozenTrial } from '../../search/trial.ts';

const folder = mkdtempSync(join(tmpdir(), 'storage-'));
test.after.always(() => rmSync(folder, { recursive: true }));

let files = 0;
/** Every store of the project; the contract below holds for each. */
const stores: Record<string, () => Promise<Storage>> = {
  memory: async () => memoryStorage(),
  sqlite: () => sqliteStorage(join(folder, `${files++}.db`)),
};

const definition: StudyDefinition = {
  name: 'a',
  direction: 'maximize',
  seed: 7,
  space: { x: { kind: 'float', low: 0, high: 1 }, c: { kind: 'categorical', choices: [16, 'b', null, true] } },
};

/** An owner whose process has ended. */
function deadOwner(): Owner {
  return { ...newOwner(), pid: spawnSync(process.execPath, ['--version']).pid };
}

function completed(trial: FrozenTrial): FrozenTrial {
  return {
    ...trial,
    state: 'COMPLETE',
    value: 0.1 + 0.2,
    params: { x: 0.1, c: null },
    distributions: definition.space ?? {},
    intermediateValues: { 0: 0.5, 3: NaN },
    userAttributes: { note: ['ü', { deep: 1 }], missing: null },
    finishedAt: '2026-01-31T12:00:00.000Z',
  };
}

for (const [name, open] of Object.entries(stores)) {
  test(`${name}: a study keeps its first definition`, async (t) => {
    const store = await open();
    t.deepEqual(await store.createStudy(definition), definition);
    t.deepEqual(await store.createStudy({ ...definition, seed: 8, space: null }), definition);
    await store.createStudy({ ...definition, name: 'b', space: null });
    t.deepEqual(await store.listStudies(), [definition, { ...definition, name: 'b', space: null }]);
    await store.close();
  });

  test(`${name}: trials are numbered from 0 and come back as they were saved`, async (t) => {
    const store = await open();
    await store.createStudy(definition);
    const owner = newOwner();
    await store.acquire('a', owner);
    const first = await store.claimTrial('a', owner);
    const second = await store.claimTrial('a', owner);
    t.deepEqual([first.number, first.state, second.number], [0, 'RUNNING', 1]);
    await store.saveTrial('a', owner, completed(first));
    t.deepEqual(await store.readTrials('a'), [completed(first), second]);
    await store.close();
  });

  test(`${name}: enqueued trials are claimed first, lowest number first`, async (t) => {
    const store = await open();
    await store.createStudy(definition);
    const owner = newOwner();
    await store.acquire('a', owner);
    const running = await store.claimTrial('a', owner);
    t.is((await store.enqueueTrial('a', owner, { x: 0.25 })).state, 'WAITING');
    await store.enqueueTrial('a', owner, { x: 0.75 });
    await store.saveTrial('a', owner, { ...running, state: 'WAITING' });
    const claimed = [];
    for (let i = 0; i < 4; i++) claimed.push(await store.claimTrial('a', owner));
    t.deepEqual(
      claimed.map(({ number, params, state }) => ({ number, params, state })),
      [{}, { x: 0.25 }, { x: 0.75 }, {}].map((params, number) => ({ number, params, state: 'RUNNING' })),
    );
    await store.close();
  });

  test(`${name}: a study has one owner until that one gives it up`, async (t) => {
    const store = await open();
    await store.createStudy(definition);
    const [first, second] = [newOwner(), newOwner()];
    await store.acquire('a', first);
    const refusal = {
      instanceOf: StudyError,
      message: new RegExp(`^Study "a" in .* is being run by process ${process.pid} on .*: wait until it ends`),
    };
    await t.throwsAsync(store.acquire('a', second), refusal);
    await t.throwsAsync(store.deleteStudy('a'), refusal);
    await store.release('a', second);
    await t.throwsAsync(store.acquire('a', second), refusal);
    await store.release('a', first);
    await store.acquire('a', second);
    await t.throwsAsync(store.claimTrial('a', first), { instanceOf: StudyError, message: /taken over/ });
    await store.close();
  });

  test(`${name}: running trials of a dead owner wait again, and it can write no more`, async (t) => {
    const store = await open();
    await store.createStudy(definition);
    const [dead, heir] = [deadOwner(), newOwner()];
    await store.acquire('a', dead);
    const finished = completed(await store.claimTrial('a', dead));
    await store.saveTrial('a', dead, finished);
    const running = { ...(await store.claimTrial('a', dead)), intermediateValues: { 2: 0.5 } };
    await store.renew('a', dead, [running]);
    await store.acquire('a', heir);
    t.deepEqual(await store.readTrials('a'), [finished, { ...running, state: 'WAITING' }]);
    const lost = { instanceOf: StudyError, message: /taken over/ };
    await t.throwsAsync(store.saveTrial('a', dead, completed(running)), lost);
    await t.throwsAsync(store.renew('a', dead, []), lost);
    await t.throwsAsync(store.enqueueTrial('a', dead, {}), lost);
    await store.close();
  });

  test(`${name}: an owner on another host is believed to live while its lease lasts`, async (t) => {
    const store = await open();
    await store.createStudy(definition);
    await store.acquire('a', { ...deadOwner(), host: 'elsewhere' });
    await t.throwsAsync(store.acquire('a', newOwner()), { message: /on elsewhere: wait until it ends/ });
    await store.close();
  });

  test(`${name}: a deleted study is gone with its trials`, async (t) => {
    const store = await open();
    await store.createStudy(definition);
    const owner = newOwner();
    await store.acquire('a', owner);
    await store.claimTrial('a', owner);
    await store.release('a', owner);
    await store.deleteStudy('a');
    await t.throwsAsync(store.readTrials('a'), { instanceOf: StudyError, message: /^There is no study "a" in / });
    await store.createStudy(definition);
    t.deepEqual(await store.readTrials('a'), []);
    await store.close();
  });
}

test('an owner is alive as long as its process, on another host as long as its lease', (t) => {
  const owner = newOwner();
  t.true(isAlive(owner, 0));
  t.false(isAlive(deadOwner(), Date.now() + 1e6));
  t.true(isAlive({ ...owner, host: 'elsewhere' }, Date.now() + 1e6));
  t.false(isAlive({ ...owner, host: 'elsewhere' }, Date.now() - 1));
  // Linux tells when a process started: a later process with the same id is another one.
  t.is(isAlive({ ...owner, processStart: 'earlier' }, 0), owner.processStart === '');
});
