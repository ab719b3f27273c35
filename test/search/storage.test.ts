import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { isAlive, newOwner } from '../../search/owner.ts';
import { memoryStorage } from '../../search/storage/memory.ts';
import { sqliteStorage } from '../../search/storage/sqlite.ts';
import { nextToClaim } from '../../search/storage/storage.ts';
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

test('an owner is alive as long as its process, on another host as long as its lease', (t) => {
  const owner = newOwner();
  t.true(isAlive(owner, false));
  t.false(isAlive(deadOwner(), true));
  t.true(isAlive({ ...owner, host: 'elsewhere' }, true));
  t.false(isAlive({ ...owner, host: 'elsewhere' }, false));
  // Linux tells when a process started: a later process with the same id is another one.
  t.is(isAlive({ ...owner, processStart: 'earlier' }, false), owner.processStart === '');
});
