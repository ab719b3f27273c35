import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { fateOf, isAlive, newOwner } from '../../base/owner.ts';
import { memoryStorage } from '../../search/storage/memory.ts';
import { sqliteStorage } from '../../search/storage/sqlite.ts';
import { lagAt, nextToClaim } from '../../search/storage/claims.ts';
import { deadOwner, testStorage } from '../contracts/storage.ts';
import { openStorage, storageExists } from '../../search/storage/index.ts';
import { isMemory, parseLocation, shownLocation, withoutPasswords } from '../../search/storage/location.ts';
import { StudyError } from '../../search/study-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'storage-'));
test.after.always(() => rmSync(folder, { recursive: true }));

let made = 0;
testStorage('memory', async () => memoryStorage());
testStorage('sqlite', () => sqliteStorage(join(folder, `${made++}.db`)));

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

const secret = 'S3CRETPW';

test("addresses of SQLite as Optuna's users type them are files and memory", (t) => {
  const files: Readonly<Record<string, string>> = {
    'studies.db': 'studies.db',
    'runs/me@home.db': 'runs/me@home.db',
    './a:b.db': './a:b.db',
    'C:\\studies.db': 'C:\\studies.db',
    'sqlite:///studies.db': 'studies.db',
    'SQLite:///runs/studies.db': 'runs/studies.db',
    'sqlite:////tmp/studies.db': '/tmp/studies.db',
    'sqlite+pysqlite:///studies.db': 'studies.db',
    'sqlite:///C:/studies.db': 'C:/studies.db',
    '~/studies.db': join(homedir(), 'studies.db'),
    '~studies.db': '~studies.db',
  };
  for (const [location, path] of Object.entries(files)) {
    t.deepEqual(parseLocation(location), { kind: 'file', path }, location);
  }
  for (const location of [':memory:', 'sqlite://', 'sqlite:///:memory:', 'sqlite:///']) t.true(isMemory(location));
});

test('addresses of PostgreSQL with the driver of another language are the same database', (t) => {
  const address = `postgres://me:${secret}@db.example:5433/studies`;
  for (const scheme of [
    'postgres',
    'postgresql',
    'postgresql+psycopg2',
    'postgresql+asyncpg',
    'Postgres',
    'POSTGRESQL',
  ]) {
    t.deepEqual(parseLocation(address.replace('postgres', scheme)), {
      kind: 'postgres',
      address,
      shown: 'postgres://me@db.example:5433/studies',
    });
  }
  for (const location of [
    'postgres://db/studies',
    'postgres:///studies',
    `postgres://me:a%40b%23:c@[::1]:5432/s?sslmode=require`,
  ]) {
    t.is(parseLocation(location).kind, 'postgres', location);
  }
});

const refusedLocations = [
  `mysql://me:${secret}@h/db`,
  `mysql+pymysql://me:${secret}@h/db`,
  `mssql+pyodbc://me:${secret}@h/db`,
  `oracle://me:${secret}@h/db`,
  `redis://:${secret}@h:6379/0`,
  `rediss://me:${secret}@h`,
  'journal:///studies.log',
  `https://me:${secret}@h/studies.db`,
  'file:studies.db',
  'file:///tmp/studies.db?mode=ro',
  `jdbc:postgresql://h/db?user=me&password=${secret}`,
  `postgres:me:${secret}@h/db`,
  `postgres:/me:${secret}@h/db`,
  `postgres:///me:${secret}@h/db`,
  `postgres:////me:${secret}@h/db`,
  `postgres:// me:${secret}@h/db`,
  ` postgres://me:${secret}@h/db`,
  `"postgres://me:${secret}@h/db"`,
  `postgres://me:12@${secret}@h/db`,
  `postgres://me:12#${secret}@h/db`,
  `postgres://me:12/${secret}@h/db`,
  `postgres://me:12?${secret}@h/db`,
  `postgres://me:${secret}%@h/db`,
  `postgres://me:${secret}%zz@h/db`,
  `postgres://me:${secret} x@h/db`,
  `postgres://me:${secret}@h:x/db`,
  `postgres://me:${secret}@h:99999/db`,
  `postgres://me:${secret}@h/a/b`,
  `postgres://me:${secret}@h1,h2/db`,
  `postgres://me:${secret}@/db`,
  `postgresql+psycopg2:me:${secret}@h/db`,
  `me:${secret}@h/db`,
  `u:${secret}@h/db`,
  'sqlite:studies.db',
  'sqlite:/studies.db',
  'sqlite://studies.db',
  'sqlite://///studies.db',
  'sqlite:///studies.db?timeout=20',
  'memory',
  'In-Memory',
  '~root/studies.db',
  'a\0b.db',
  ' ',
];

test('other addresses are refused with a form that works, and neither they nor a password are shown', async (t) => {
  for (const location of refusedLocations) {
    const error = await t.throwsAsync(openStorage(location), { instanceOf: StudyError }, location);
    t.regex(
      error.message,
      /^Expected a storage (as the name of an SQLite file, or|like) postgres:\/\/user:password@host/,
    );
    t.false(`${error.stack}${String(error.cause)}`.includes(secret), location);
    t.throws(() => storageExists(location), { instanceOf: StudyError }, location);
    t.false(shownLocation(location).includes(secret), location);
  }
});

test('passwords are taken out of any text that quotes an address', (t) => {
  t.is(
    withoutPasswords(`unknown option '--storag=postgres://me:${secret}@h/db'. See --help.`),
    "unknown option '--storag=postgres://me@h/db'. See --help.",
  );
  t.is(
    withoutPasswords(`postgres://h/db?sslmode=require&password=${secret}&x=1`),
    'postgres://h/db?sslmode=require&password=&x=1',
  );
  const harmless = 'at file:///a/node_modules/@hono/x.js:12:3, https://github.com/a/b@main, me@example.com: 12:30';
  t.is(withoutPasswords(harmless), harmless);
});

test('memory holds nothing for those who only read', async (t) => {
  await t.throwsAsync(openStorage('sqlite://', { mustExist: true }), {
    message: 'Studies in sqlite:// end with the process that makes them: name the file or the database of a search.',
  });
  t.false(storageExists(':memory:'));
});
