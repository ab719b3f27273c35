import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import test from 'ava';
import { smallProject, start } from './process.ts';

for (const command of ['search', 'worker', 'study list', 'report x', 'submit', 'dashboard']) {
  test(`the first Ctrl-C ends ${command} while it waits for a database that does not answer`, async (t) => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    t.teardown(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const { port } = silent.address() as AddressInfo;
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
