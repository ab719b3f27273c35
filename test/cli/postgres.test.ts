import test from 'ava';
import { missingPostgres, password, startPostgres } from '../helpers/postgres.ts';
import { smallProject, start } from './process.ts';
import { runIn } from './in-process.ts';
import { once } from 'node:events';
import { silentServer } from '../helpers/silent-server.ts';

const missing = missingPostgres();
const testPostgres = missing === null ? test : test.skip;
const reason = missing === null ? '' : ` (${missing})`;

testPostgres(
  `no password of a database is printed, and a stopped search says how to give it again${reason}`,
  async (t) => {
    const server = await startPostgres();
    t.teardown(() => server.stop());
    const { folder, data } = await smallProject(t);
    const storage = await server.database();
    const shown = storage.replace(/:[^/:]+@/, '@');
    t.not(shown, storage);
    const long = ['--trials', '1000', '--epochs', '20', '--folds', '2', '--method', 'plain'];
    const words = ['search', ...data, ...long, `--storage=${storage}`];
    const { code, stderr } = await start(folder, words, {}, { signal: 'SIGINT', at: '1/1000' }).ended;
    t.is(code, 130);
    const again = `npm run search -- ${[...data, ...long].join(' ')} --storage=${shown}`;
    t.true(
      stderr.endsWith(
        `Finished trials are kept; go on with the password in the environment variable PGPASSWORD, and: ${again}\n`,
      ),
      stderr,
    );

    const listed = await runIn(folder, ['study', 'list', '--storage', storage, '--json']);
    t.is(JSON.parse(listed.stdout).storage, shown);
    const fromEnvironment = await runIn(folder, ['study', 'list', '--storage', shown, '--json'], {
      PGPASSWORD: password,
    });
    t.is(fromEnvironment.code, 0, fromEnvironment.stderr);
    t.is(JSON.parse(fromEnvironment.stdout).studies.length, 1);
    for (const text of [stderr, listed.stdout, listed.stderr]) {
      t.false(text.includes(password) || text.includes(encodeURIComponent(password)));
    }
  },
);

for (const command of ['search', 'worker', 'study list', 'report x', 'submit', 'dashboard']) {
  test(`the first Ctrl-C ends ${command} while it waits for a database that does not answer`, async (t) => {
    const { server: silent, port } = await silentServer(t);
    const { folder, data } = await smallProject(t);
    const storage = ['--storage', `postgres://me:S3CRETPW@127.0.0.1:${port}/db`];
    const extra: Readonly<Record<string, string[]>> = { search: data, submit: data, dashboard: ['--port', '0'] };
    const running = start(folder, [...command.split(' '), ...(extra[command] ?? []), ...storage]);
    if (command === 'dashboard') await running.said('Ctrl-C ends it');
    else await once(silent, 'connection');
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    t.is(code, 130, stderr);
    t.regex(stderr, /Stopped\. /);
    t.notRegex(stdout + stderr, /S3CRETPW/);
  });
}
