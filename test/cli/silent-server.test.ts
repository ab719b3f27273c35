import { once } from 'node:events';
import test from 'ava';
import { silentServer } from '../helpers/silent-server.ts';
import { smallProject, start } from './process.ts';

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
