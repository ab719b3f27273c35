/** Runs are renamed and deleted in the dashboard by the rules of the command, by those who may write alone. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type * as api from '../../dashboard/api.ts';
import { csvOf, recordRun } from '../submissions/runs.ts';
import { HOST, openDashboard } from './dashboard.ts';

const TOKEN = 'abcdefghijklmnopqrstuvwxyz012345';

/** Three runs, the second of which is the best. */
async function openRuns(t: ExecutionContext, token?: string) {
  const dashboard = openDashboard(t, { token });
  const { runsDir, folder, ask, json } = dashboard;
  for (const [i, right] of [80, 95, 90].entries()) {
    const startedAt = `2026-01-0${i + 1}T00:00:00Z`;
    await recordRun(runsDir, { test: right, startedAt, file: join(folder, `${i}.csv`), csv: csvOf([i]) });
  }
  const { runs } = await json<api.RunsAnswer>('/api/runs');
  const order = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
    ask(path, {
      method,
      headers: { 'content-type': 'application/json', origin: `http://${HOST}`, ...headers },
      body: JSON.stringify(body),
    });
  return { ...dashboard, ids: runs.map(({ id }) => id).toReversed(), order };
}

const errorOf = async (response: Response): Promise<string> => ((await response.json()) as api.Refusal).error;

test('a run gets a new name, which no other run has', async (t) => {
  const { ids, order, json } = await openRuns(t);
  const renamed = await order('PATCH', '/api/run', { id: ids[0], name: ' first-try ' });
  t.deepEqual(await renamed.json(), { id: ids[0], name: 'first-try' });
  const names = async () => (await json<api.RunsAnswer>('/api/runs')).runs.map(({ name }) => name);
  t.is((await names())[2], 'first-try');
  const before = await names();
  const refusals: readonly [id: string, name: unknown, status: number, words: RegExp][] = [
    [ids[1], 'first-try', 400, /expected a name that no run has/],
    [ids[1], 'swa', 400, /means the newest run of that method/],
    [ids[1], '../x', 400, /letters, digits/],
    [ids[1], '', 400, /letters, digits/],
    [ids[1], 7, 400, /`name`/],
    ['../..', 'x', 404, /Unknown run/],
  ];
  for (const [id, name, status, words] of refusals) {
    const response = await order('PATCH', '/api/run', { id, name });
    t.is(response.status, status, String(name));
    t.regex(await errorOf(response), words);
  }
  t.deepEqual(await names(), before);
});

test('runs are deleted with their tags, but not the best one unless that is asked for', async (t) => {
  const { ids, order, json, put, runsDir } = await openRuns(t);
  await put({ kind: 'run', id: ids[0], text: 'slow', tags: ['old'] });
  const { runs } = await json<api.KeptRunsAnswer>(`/api/runs/kept?ids=${ids.join(',')}`);
  t.deepEqual(
    runs.map(({ id, needed }) => [id, needed]),
    [
      [ids[0], null],
      [ids[1], 'the best of small-digits'],
      [ids[2], null],
    ],
  );
  t.true(runs.every(({ bytes }) => bytes > 0));
  const first = await order('DELETE', '/api/runs', { ids: [ids[0], ids[1]], evenNeeded: false });
  const { deleted, kept }: api.DeletedAnswer = JSON.parse(await first.text());
  t.deepEqual([deleted.map(({ id }) => id), kept.map(({ id }) => id)], [[ids[0]], [ids[1]]]);
  t.false(existsSync(join(runsDir, ids[0])));
  const { notes } = await json<api.NotesAnswer>('/api/notes');
  t.deepEqual(notes, [{ kind: 'run', id: ids[0], text: 'slow', tags: [] }]);
  t.is((await order('DELETE', '/api/runs', { ids: [ids[1]], evenNeeded: true })).status, 200);
  t.deepEqual(
    (await json<api.RunsAnswer>('/api/runs')).runs.map(({ id }) => id),
    [ids[2]],
  );
  t.is((await order('DELETE', '/api/runs', { ids: [ids[0]], evenNeeded: false })).status, 404);
});

test('without the token, from another page or as a form nothing is renamed or deleted', async (t) => {
  const { ids, order, ask, json } = await openRuns(t, TOKEN);
  const bearer = { authorization: `Bearer ${TOKEN}` };
  for (const [method, path, body] of [
    ['PATCH', '/api/run', { id: ids[0], name: 'mine' }],
    ['DELETE', '/api/runs', { ids, evenNeeded: true }],
  ] as const) {
    t.is((await order(method, path, body)).status, 403);
    t.is((await order(method, path, body, { ...bearer, origin: 'https://evil.example' })).status, 403);
    t.is((await order(method, path, body, { ...bearer, 'content-type': 'text/plain' })).status, 415);
    t.is((await order(method, path, { ...body, more: 1 }, bearer)).status, 400);
    t.is((await order(method, path, 'x'.repeat(70_000), bearer)).status, 413);
  }
  t.is((await ask('/api/runs/kept?ids=..')).status, 404);
  t.is((await json<api.RunsAnswer>('/api/runs')).runs.length, 3);
  t.is((await order('PATCH', '/api/run', { id: ids[0], name: 'mine' }, bearer)).status, 200);
});
