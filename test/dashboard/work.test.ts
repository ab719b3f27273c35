/** Work that takes seconds: in threads of its own, once for all who ask, and ended when nobody waits. */
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import type * as api from '../../dashboard/api.ts';
import { SharedWork } from '../../dashboard/server/shared-work.ts';
import { optimize } from '../../search/optimize.ts';
import { openStudy } from '../../search/open-study.ts';
import { makeStudy, openDashboard } from './dashboard.ts';

const never = new AbortController().signal;

test('other questions are answered while the importance of many parameters is computed', async (t) => {
  const { json, storage } = openDashboard(t, { hasThread: true });
  const names = Array.from({ length: 40 }, (_, i) => `p${i}`);
  const space = Object.fromEntries(names.map((name) => [name, { kind: 'float', low: 0, high: 1 } as const]));
  const study = await openStudy({ storage, name: 'wide', direction: 'maximize', sampler: 'random', space });
  await optimize(study, (trial) => names.reduce((sum, name) => sum + trial.suggestFloat(name, 0, 1) ** 2, 0), {
    trials: 60,
  });
  await study.close();
  let done = false;
  const isDone = (): boolean => done;
  const importance = json<api.ImportanceAnswer>('/api/study/importance?name=wide&method=fanova').finally(() => {
    done = true;
  });
  t.is((await json<api.StudiesAnswer>('/api/studies')).studies.length, 1);
  t.deepEqual(await json('/api/notes'), { notes: [], unreadable: [] });
  t.false(isDone());
  const of = new URLSearchParams({ of: '/api/study/importance?name=wide&method=fanova' }).toString();
  const progress = async () => (await json<api.ProgressAnswer>(`/api/progress?${of}`)).progress;
  let told = await progress();
  while (told === null && !isDone()) {
    // Messages of other threads come between the turns of this one.
    await setImmediate();
    told = await progress();
  }
  t.like(told, { step: 'Computing the importance', total: 21 });
  const { shares, trials, of: all } = await importance;
  t.is(shares.filter(({ parameters }) => parameters.length === 1).length, 40);
  t.deepEqual([trials, all], [60, 60]);
  t.is(await progress(), null);
});

test('who goes away while it is computed gets nothing, and the end of the dashboard waits for nothing', async (t) => {
  const { ask, close, storage } = openDashboard(t, { hasThread: true });
  await makeStudy(storage, 'parabola', 20);
  const path = '/api/study/importance?name=parabola&method=fanova';
  const gone = new AbortController();
  const left = ask(path, { signal: gone.signal });
  gone.abort();
  t.is((await left).status, 503);
  const cut = ask('/api/study/contour?name=parabola&x=x&y=rate');
  await close();
  t.is((await cut).status, 503);
});

test('those who ask for the same get one answer, which is kept', async (t) => {
  const work = new SharedWork<number>();
  let count = 0;
  const count1 = (): Promise<number> => Promise.resolve((count += 1));
  t.deepEqual(await Promise.all([work.get('a', count1, never), work.get('a', count1, never)]), [1, 1]);
  t.is(await work.get('a', count1, never), 1);
  t.is(await work.get('b', count1, never), 2);
});

test('work goes on while one waits for it, and is told to stop when the last one has gone', async (t) => {
  const shared = new SharedWork<string>();
  const stopped: boolean[] = [];
  const begin = (signal: AbortSignal): Promise<string> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        stopped.push(true);
        reject(new Error('stopped'));
      });
    });
  const [one, other] = [new AbortController(), new AbortController()];
  const first = shared.get('a', begin, one.signal);
  const second = shared.get('a', begin, other.signal);
  one.abort(new Error('gone'));
  await t.throwsAsync(first, { message: 'gone' });
  t.deepEqual(stopped, []);
  other.abort(new Error('gone too'));
  await t.throwsAsync(second, { message: 'gone too' });
  t.deepEqual(stopped, [true]);
  t.is(await shared.get('a', async () => 'anew', never), 'anew');
});

test('what shall not be kept is shared by those who ask at once, and done again for later ones', async (t) => {
  const work = new SharedWork<number>();
  let count = 0;
  const next = (): Promise<number> => Promise.resolve((count += 1));
  const ask = (): Promise<number> => work.get('a', next, never, false);
  t.deepEqual(await Promise.all([ask(), ask()]), [1, 1]);
  t.is(await ask(), 2);
});

test('a failure is not kept', async (t) => {
  const work = new SharedWork<number>();
  await t.throwsAsync(
    work.get('a', () => Promise.reject(new Error('once')), never),
    { message: 'once' },
  );
  t.is(await work.get('a', async () => 1, never), 1);
});
