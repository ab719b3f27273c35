/** The dashboard on a port: events, and who may ask. */
import type * as api from '../../dashboard/api.ts';
import test, { type ExecutionContext } from 'ava';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../base/user-error.ts';
import type { Happening } from '../../dashboard/api.ts';
import { EventLog } from '../../dashboard/server/events.ts';
import { type ListenOptions, serveDashboard } from '../../dashboard/server/listen.ts';
import { RunReader } from '../../dashboard/server/runs.ts';
import { keepEntry } from '../../records/ledger.ts';
import { writeLiveRun } from '../../records/live-run.ts';
import { csvOf, recordRun } from '../submissions/runs.ts';
import { recordAnalysis } from './analyses.ts';
import { makeStudy, openDashboard, openParabola, runTrial, type TestDashboard, HOST, PORT } from './dashboard.ts';

// What a page hears of changes, also after it was cut off.

interface Heard {
  readonly id: string;
  readonly event: string;
  readonly happening: Happening | null;
}

/** Listens as a browser does; to be cut off. */
async function listen({ ask }: TestDashboard, lastEventId?: string) {
  const response = await ask('/api/events', {
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<Heard> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const message = text.slice(0, end);
        text = text.slice(end + 2);
        // A comment shows that an idle connection lives; a slow machine is idle for long.
        if (message.startsWith(':')) continue;
        const fields = new Map(
          message.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
        );
        const [id, event, data] = ['id', 'event', 'data'].map((name) => fields.get(name) ?? '');
        return { id, event, happening: data === '' ? null : JSON.parse(data) };
      }
      const { value, done } = await reader.read();
      if (done) throw new Error('the stream has ended');
      text += value;
    }
  };
  return {
    response,
    next,
    /** The next one of that kind. */
    async until(kind: Happening['kind']): Promise<Heard> {
      for (;;) {
        const heard = await next();
        if (heard.happening?.kind === kind) return heard;
      }
    },
    cut: () => reader.cancel(),
  };
}

test('a page hears of new studies, new trials, new runs, runs that go on, analyses, and notes', async (t) => {
  const dashboard = openDashboard(t);
  const { storage, runsDir, folder, put } = dashboard;
  const page = await listen(dashboard);
  t.is(page.response.headers.get('content-type'), 'text/event-stream');
  t.is((await page.next()).event, 'hello');
  const study = await openParabola(storage, 'parabola');
  await page.until('studies');
  await runTrial(study);
  t.like((await page.until('study')).happening, { kind: 'study', name: 'parabola' });
  await recordRun(runsDir, { file: join(folder, 'plain.csv'), csv: csvOf([1]) });
  await page.until('runs');
  const live = writeLiveRun(runsDir, { competition: 'c', model: 'mlp', method: 'swa', epochs: 2, folds: 2, seed: 1 });
  await page.until('runs');
  await live.end();
  await page.until('runs');
  await put({ kind: 'study', id: 'parabola', text: 'a', tags: [] });
  await page.until('notes');
  await recordAnalysis(runsDir, 'plane-a');
  await page.until('analyses');
  await study.close();
  await page.cut();
});

test('a score that Kaggle tells of a submission that is known is news of the runs', async (t) => {
  const { runsDir } = openDashboard(t);
  const runs = new RunReader(runsDir);
  const entry = { competition: 'c', file: 'c.csv', sha256: 'a'.repeat(64), sent: null };
  await keepEntry(runsDir, { ...entry, publicScore: null });
  const before = await runs.fingerprint();
  t.is(await runs.fingerprint(), before);
  await keepEntry(runsDir, { ...entry, publicScore: 0.9 });
  t.not(await runs.fingerprint(), before);
});

test('a page that was cut off hears what it missed, once', async (t) => {
  const dashboard = openDashboard(t);
  const { storage, json } = dashboard;
  await makeStudy(storage, 'parabola', 1);
  await json('/api/studies');
  const first = await listen(dashboard);
  const { id } = await first.next();
  await first.cut();
  const study = await openParabola(storage, 'parabola');
  await runTrial(study);
  await study.close();
  await json('/api/studies');
  const second = await listen(dashboard, id);
  t.deepEqual(await second.next(), { id, event: 'hello', happening: null });
  const missed = await second.next();
  t.like(missed.happening, { kind: 'study', name: 'parabola' });
  await second.cut();
  const third = await listen(dashboard, missed.id);
  t.is((await third.next()).id, missed.id);
  await json('/api/studies');
  await makeStudy(storage, 'another', 1);
  t.is((await third.next()).happening?.kind, 'studies');
  await third.cut();
});

test('a page that listened to an earlier server is told to fetch all', async (t) => {
  const dashboard = openDashboard(t);
  const page = await listen(dashboard, '0badcafe-12');
  await page.next();
  t.is((await page.next()).happening?.kind, 'reset');
  await page.cut();
});

test('closing the dashboard ends the streams', async (t) => {
  const dashboard = openDashboard(t);
  const page = await listen(dashboard);
  await page.next();
  await dashboard.close();
  await t.throwsAsync(page.next(), { message: 'the stream has ended' });
});

test('a log tells what came after an event, and all that it forgot is a reset', (t) => {
  const log = new EventLog('a');
  t.deepEqual(log.after(log.lastId), []);
  for (let revision = 1; revision <= 600; revision += 1) log.add({ kind: 'study', name: 's', revision });
  t.is(log.lastId, 'a-600');
  t.deepEqual(
    log.after('a-598').map(({ id }) => id),
    ['a-599', 'a-600'],
  );
  t.is(log.after('a-100').length, 500);
  const forgotten = ['a-99', 'a-601', 'b-600', 'a-', 'nonsense', '', 'a-1e2', 'a--1'];
  for (const id of forgotten) t.deepEqual(log.after(id), [{ id: 'a-600', happening: { kind: 'reset' } }], id);
});

// The port on which the dashboard is reached, and by whom.

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
