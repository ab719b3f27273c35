/** The port on which the dashboard is reached, and by whom. */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type ListenOptions, serveDashboard } from '../../dashboard/server/listen.ts';
import { UserError } from '../../base/user-error.ts';

function options(t: ExecutionContext): ListenOptions {
  const folder = mkdtempSync(join(tmpdir(), 'listen-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const pageFolder = join(folder, 'page');
  mkdirSync(pageFolder);
  writeFileSync(join(pageFolder, 'index.html'), '<!doctype html>');
  return { storage: join(folder, 'studies.db'), runsDir: join(folder, 'runs'), port: 0, pageFolder };
}

test('the page is served under its address, and no more after the end', async (t) => {
  const { address, close } = await serveDashboard(options(t));
  t.regex(address, /^http:\/\/127\.0\.0\.1:\d+$/);
  t.is(await (await fetch(address)).text(), '<!doctype html>');
  const events = await fetch(`${address}/api/events`);
  t.is(events.status, 200);
  await close();
  await t.throwsAsync(fetch(address));
});

test('if the port is taken the next free one is', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const taken = other.address();
  if (taken === null || typeof taken === 'string') throw new Error('expected a port');
  const { address, close } = await serveDashboard({ ...options(t), port: taken.port });
  t.true(Number(new URL(address).port) > taken.port);
  t.is((await fetch(`${address}/api/studies`)).status, 200);
  await close();
  other.close();
});

test('other interfaces of the machine are not listened on', async (t) => {
  const own = Object.values(networkInterfaces())
    .flat()
    .find((found) => found !== undefined && !found.internal && found.family === 'IPv4');
  if (own === undefined) {
    t.pass('this machine has the loopback interface alone');
    return;
  }
  const { address, close } = await serveDashboard(options(t));
  const socket = connect(Number(new URL(address).port), own.address);
  const [error] = await once(socket, 'error');
  t.is(error.code, 'ECONNREFUSED');
  await close();
});

test('a page that was not built is told with the remedy', async (t) => {
  const missing = { ...options(t), pageFolder: join(tmpdir(), 'no-page-here') };
  const error = await t.throwsAsync(serveDashboard(missing), { instanceOf: UserError });
  t.regex(error.message, /npm run build/);
});
