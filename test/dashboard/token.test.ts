/** Who may write: whoever has seen the address with the token. */
import test from 'ava';
import type * as api from '../../dashboard/api.ts';
import { HOST, makeStudy, openDashboard, PORT } from './dashboard.ts';

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
