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
import type * as api from '../../dashboard/api.ts';
import { HOST, makeStudy, openDashboard, PORT } from './dashboard.ts';

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

// Who may write: whoever has seen the address with the token.
const TOKEN = 'abcdefghijklmnopqrstuvwxyz012345';
const note = { kind: 'study', id: 'parabola', text: 'kept', tags: [] };

test('notes are kept for who has the token alone: from a cookie or a header', async (t) => {
  const { put, json, storage } = openDashboard(t, { token: TOKEN });
  await makeStudy(storage, 'parabola', 1);
  const wrong: Record<string, string>[] = [
    {},
    { cookie: `wide-optima-${PORT}=${TOKEN}x` },
    { cookie: `wide-optima-${PORT}=` },
    // The cookie of another dashboard of this machine.
    { cookie: `wide-optima-${PORT + 1}=${TOKEN}` },
    { authorization: `Bearer ${TOKEN.slice(1)}` },
    { authorization: TOKEN },
  ];
  for (const headers of wrong) {
    const response = await put(note, headers);
    t.is(response.status, 403, JSON.stringify(headers));
    t.regex(((await response.json()) as api.Refusal).error, /Open the address that its terminal shows/);
  }
  t.deepEqual(await json('/api/notes'), { notes: [], unreadable: [] });
  t.is((await put(note, { cookie: `other=1; wide-optima-${PORT}=${TOKEN}` })).status, 200);
  t.is((await put({ ...note, text: 'changed' }, { authorization: `Bearer ${TOKEN}` })).status, 200);
  t.deepEqual(await json('/api/notes'), { notes: [{ ...note, text: 'changed' }], unreadable: [] });
});

test('the address with the token gives the browser a cookie that no script and no other site sees', async (t) => {
  const { ask } = openDashboard(t, { token: TOKEN });
  const response = await ask(`/study?name=a%26b&token=${TOKEN}`);
  t.is(response.status, 303);
  t.is(response.headers.get('location'), '/study?name=a%26b');
  t.is(response.headers.get('set-cookie'), `wide-optima-${PORT}=${TOKEN}; Path=/; HttpOnly; SameSite=Strict`);
  t.is((await ask(`/?token=${TOKEN}`)).headers.get('location'), '/');
  t.is((await ask(`//evil.example/?token=${TOKEN}`)).headers.get('location'), '/evil.example/');
  const wrong = await ask('/?token=wrong');
  t.is(wrong.status, 403);
  t.is(wrong.headers.get('set-cookie'), null);
  t.is((await ask(`/?token=${TOKEN}`, { headers: { 'sec-fetch-site': 'cross-site' } })).status, 403);
});

test('reading needs no token, and without one anybody on this machine writes', async (t) => {
  const { ask, put, storage } = openDashboard(t);
  await makeStudy(storage, 'parabola', 1);
  t.is((await put(note)).status, 200);
  t.is((await openDashboard(t, { token: TOKEN }).ask('/api/studies')).status, 200);
  t.is((await ask('/', { headers: { host: HOST } })).status, 200);
});
