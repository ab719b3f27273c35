/** What PostgreSQL refuses, in words. */
import test from 'ava';
import { openStudy } from '../../search/open-study.ts';
import { readStudy } from '../../search/read-study.ts';
import { openStorage } from '../../search/storage/index.ts';
import { parseLocation, type PostgresPlace } from '../../search/storage/location.ts';
import { postgresStorage } from '../../search/storage/postgres.ts';
import { StoreLostError } from '../../search/storage/refusals.ts';
import type { StorageOptions } from '../../search/storage/storage.ts';
import { StudyError } from '../../search/study-error.ts';
import { missingPostgres, startPostgres } from '../helpers/postgres.ts';
import { studyDefinition } from '../helpers/study-definition.ts';
import { certificateFile, tlsServer } from '../helpers/tls-server.ts';

const missing = missingPostgres();
if (missing === null) await testRefusals();
else test.skip(`postgres: ${missing}`, () => {});

/** What a store says that cannot be opened. */
async function refusal(address: string, options: StorageOptions = {}): Promise<string> {
  try {
    await (await openStorage(address, options)).close();
    return 'opened';
  } catch (error) {
    if (!(error instanceof StudyError)) throw error;
    return error.message;
  }
}

test('TLS: who wants it, who has none, and which certificate is trusted, is said in a sentence', async (t) => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  t.teardown(() => process.off('warning', onWarning));
  const port = await tlsServer(t);
  const at = (query: string, host = '127.0.0.1'): Promise<string> =>
    refusal(`postgres://me:x@${host}:${port}/db?${query}`);

  t.regex(
    await at(''),
    /^The server of .* refuses the connection \(no pg_hba\.conf entry for .*, no encryption\): if it wants encryption, write sslmode=require into the address, as in .*, or sslmode=verify-full, which/,
  );
  // They get as far as the password.
  const through = /refuses the user or the password: check both\.$/;
  for (const mode of ['prefer', 'require', 'no-verify']) t.regex(await at(`sslmode=${mode}`), through);
  const trusted = `sslrootcert=${encodeURIComponent(certificateFile)}`;
  t.regex(await at(`sslmode=verify-ca&${trusted}`), through);
  t.regex(await at(`sslmode=verify-full&${trusted}`, 'localhost'), through);

  t.regex(
    await at('sslmode=verify-full'),
    /^The certificate of the server of .* is not trusted \(self-signed certificate\): name the file .* as sslrootcert=FILE in the address, or write sslmode=require without/,
  );
  t.regex(await at(`sslmode=verify-full&${trusted}`), /is for another host \(.*\): write the host as the certificate/);
  t.regex(
    await at('sslmode=require&sslrootcert=none.pem'),
    /^A file in the address .* cannot be read \(ENOENT: .*, open 'none\.pem'\): correct sslrootcert, sslcert or sslkey\.$/,
  );
  t.regex(
    await at(`sslmode=require&sslkey=${encodeURIComponent(import.meta.filename)}`),
    /^No encrypted connection to the server of .* could be made \(.*\): check sslmode, /,
  );
  t.regex(await at('sslmode=verify-ca'), /^Expected sslrootcert=FILE in the address of the database, since sslmode=ve/);
  t.is(
    await at('sslmode=Require'),
    'Expected sslmode in the address of the database to be one of disable, prefer, require, verify-ca, verify-full, ' +
      'no-verify, got "Require".',
  );
  t.deepEqual(warnings, []);
});

async function testRefusals(): Promise<void> {
  const server = await startPostgres();
  test.after.always(() => server.stop());
  /** The same database for another user. */
  const as = (user: string, address: string): string =>
    Object.assign(new URL(address), { username: user, password: 'pw' }).href;

  test('a server without TLS says so', async (t) => {
    const address = await server.database();
    t.regex(
      await refusal(`${address}?sslmode=require`),
      /^The server of .*\?sslmode=require encrypts no connections: leave sslmode out of the address, or turn on ssl/,
    );
    t.is(await refusal(`${address}?sslmode=disable`), 'opened');
  });

  test('a server without a free connection is waited for, and then named as that', async (t) => {
    const address = await server.database();
    await server.run(address, "CREATE ROLE crowded LOGIN PASSWORD 'pw' CONNECTION LIMIT 0");
    const place = parseLocation(as('crowded', address)) as PostgresPlace;
    const error = await t.throwsAsync(postgresStorage(place, {}, 100), { instanceOf: StoreLostError });
    t.regex(
      error.message,
      /^The server of .* has no free connection \(too many connections for role "crowded"\): raise its max_connections or the limit of the role, or run fewer workers, then start again\.$/,
    );
  });

  for (const encoding of ['LATIN1', 'SQL_ASCII'])
    test(`a database in ${encoding} is refused for a search, and read`, async (t) => {
      const address = await server.database();
      const other = address.replace(/[^/]*$/, encoding.toLowerCase());
      const make = (name: string, remedy: string): Promise<void> => server.run(address, remedy.replace('NAME', name));
      await make(encoding.toLowerCase(), `CREATE DATABASE NAME ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`);
      const said = await refusal(other);
      t.regex(
        said,
        new RegExp(`^Expected a database whose encoding is UTF8, got ${encoding} in .*, which cannot hold `),
      );
      t.regex(await refusal(other, { readOnly: true }), /^There are no studies in /);
      const [, remedy] = /`(create database .*)`/.exec(said) ?? [];
      await make(`utf8_${encoding}`, remedy);
      t.is(await refusal(address.replace(/[^/]*$/, `utf8_${encoding.toLowerCase()}`)), 'opened');
    });

  test('a name that is too long for PostgreSQL is refused, also of a copy, and one of 600 characters fits', async (t) => {
    const store = await openStorage(await server.database());
    // So that the server cannot compress it.
    const name = Array.from({ length: 500 }, (_, i) => String.fromCodePoint(0x20000 + ((i * 7919) % 40_000))).join('');
    const long = `${name}${name.slice(0, 400)}`;
    const tooLong = {
      instanceOf: StudyError,
      message: /^The name of the study is too long for postgres:.*: choose a sh/,
    };
    await t.throwsAsync(store.createStudy({ ...studyDefinition, name: long }), tooLong);
    await t.throwsAsync(store.addStudy({ ...studyDefinition, name: long }, []), tooLong);
    await store.createStudy(studyDefinition);
    await t.throwsAsync(store.renameStudy('a', long), tooLong);
    await store.renameStudy('a', name.slice(0, 600));
    await store.close();
  });

  test('a user who lacks a right is told which one, and how it is granted', async (t) => {
    const address = await server.database();
    const database = new URL(address).pathname.slice(1);
    await server.run(address, "CREATE ROLE guest LOGIN PASSWORD 'pw'");
    const guest = as('guest', address);
    const grant = async (said: string): Promise<void> => {
      const [, statement] = /`(grant .*)`/.exec(said) ?? [];
      await server.run(address, statement.replace('NAME', `"${database}"`).replace('USER', 'guest'));
    };
    /** Grants what the refusal says. */
    const lacks = async (what: RegExp, work: () => Promise<string> = () => refusal(guest)): Promise<void> => {
      const said = await work();
      t.regex(said, what);
      await grant(said);
    };
    await server.run(address, `REVOKE CONNECT ON DATABASE "${database}" FROM PUBLIC`);
    await lacks(/^The user of .* lacks a right \(permission denied for database .*\): have it .* `grant connect on /);
    await lacks(
      /permission denied for database .* `grant create on database NAME to USER`, so that the schema wide_opt/,
    );
    await server.run(address, `REVOKE CREATE ON DATABASE "${database}" FROM guest`);

    const options = { name: 'a', direction: 'minimize', sampler: 'random' } as const;
    const run = async (storage: string): Promise<string> => {
      try {
        const study = await openStudy({ ...options, storage });
        await study.tell(await study.ask(), 1);
        await study.close();
        return 'run';
      } catch (error) {
        return (error as Error).message;
      }
    };
    t.is(await run(address), 'run');
    const toRead = (): Promise<string> => refusal(guest, { readOnly: true });
    await lacks(
      /permission denied for schema wide_optima\): have it granted with `grant usage on schema wide_opt/,
      toRead,
    );
    const tables = /permission denied for table .* `grant select, insert, update on all tables in schema wide_opti/;
    t.regex(await toRead(), tables);
    await server.run(address, 'GRANT SELECT ON wide_optima.format TO guest');
    // The tables of a user who may not read them are there.
    await t.throwsAsync(readStudy(guest, 'a'), { message: tables });
    await server.run(address, 'GRANT SELECT ON ALL TABLES IN SCHEMA wide_optima TO guest');
    t.is((await readStudy(guest, 'a')).trials.length, 1);
    await lacks(tables, () => run(guest));
    t.is(await run(guest), 'run');
    const store = await openStorage(guest);
    await t.throwsAsync(store.deleteStudy('a'), { message: /deleting a study needs delete too\.$/ });
    await server.run(address, 'GRANT DELETE ON ALL TABLES IN SCHEMA wide_optima TO guest');
    await store.deleteStudy('a');
    await store.close();
  });
}
