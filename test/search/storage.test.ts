import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { fateOf, isAlive, newOwner } from '../../base/owner.ts';
import { memoryStorage } from '../../search/storage/memory.ts';
import { sqliteStorage } from '../../search/storage/sqlite.ts';
import { lagAt, nextToClaim } from '../../search/storage/storage.ts';
import { deadOwner, testStorage } from '../contracts/storage.ts';

const folder = mkdtempSync(join(tmpdir(), 'storage-'));
test.after.always(() => rmSync(folder, { recursive: true }));

let files = 0;
testStorage('memory', async () => memoryStorage());
testStorage('sqlite', () => sqliteStorage(join(folder, `${files++}.db`)));

test('the next trial is the lowest free one, else a new one, as far as limit and lag allow', (t) => {
  const busy = (number: number) => ({ number, isFree: false });
  const free = (number: number) => ({ number, isFree: true });
  t.is(nextToClaim([], 5, 6, 1), 5);
  t.is(nextToClaim([], 5, 5, 1), null);
  t.is(nextToClaim([busy(4)], 5, 9, 1), null);
  t.is(nextToClaim([busy(4)], 5, 9, 2), 5);
  t.is(nextToClaim([busy(2), free(3)], 5, 9, 2), 3);
  t.is(nextToClaim([busy(1), free(3)], 5, 9, 2), null);
  t.is(nextToClaim([free(0), free(3)], 5, 9, 1), 0);
});

test('a lag that grows leaves a quarter of the trials unknown, at most 8, and of those drawn at random any 8', (t) => {
  const lags = [0, 9, 10, 11, 12, 19, 20, 31, 32, 1000].map((number) => lagAt(number, 'growing'));
  t.deepEqual(lags, [8, 8, 2, 2, 3, 4, 5, 7, 8, 8]);
  // Nothing that a trial knew is unknown to a later one.
  const known = Array.from({ length: 100 }, (_, number) => number - lagAt(number, 'growing'));
  t.true(known.every((count, number) => number === 0 || count >= known[number - 1]));
  t.is(lagAt(5, 3), 3);
});

test('a lease decides, unless the process is known to have ended', (t) => {
  const owner = newOwner();
  t.true(isAlive(owner, true));
  t.false(isAlive(owner, false), 'a process that is there but stopped does not renew its lease');
  const dead = deadOwner();
  t.is(isAlive(dead, true), owner.processStart === '');
  const [boot] = owner.processStart.split('/');
  for (const elsewhere of [
    { host: 'elsewhere' },
    { namespace: 'pid:[1]' },
    // Another machine with the same host name, or this one before it was started anew.
    { processStart: dead.processStart.replace(boot, 'another-boot') },
    // As stored by versions that knew less.
    { processStart: '' },
    { namespace: owner.namespace.split(' ')[0] },
  ]) {
    t.true(isAlive({ ...dead, ...elsewhere }, true), JSON.stringify(elsewhere));
    t.false(isAlive({ ...dead, ...elsewhere }, false));
  }
  // A later process with the same id is another one.
  t.is(isAlive({ ...owner, processStart: `${boot}/1` }, true), owner.processStart === '');
});

test('where process ids and /proc disagree nothing is known of a process', (t) => {
  const owner = newOwner();
  const kill = process.kill.bind(process);
  process.kill = () => {
    throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH' });
  };
  t.teardown(() => void (process.kill = kill));
  t.is(fateOf(owner), 'unknown');
  t.true(isAlive(owner, true));
});
