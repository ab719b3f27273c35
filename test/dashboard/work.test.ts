/** Long work of the dashboard, and what is prepared for it. */
import type * as api from '../../dashboard/api.ts';
import test from 'ava';
import { setImmediate } from 'node:timers/promises';
import { build } from 'vite';
import { adaptedPicture, centred, drawnGrey } from '../../dashboard/page/draw/prepare.ts';
import { SharedWork } from '../../dashboard/server/shared-work.ts';
import { expectBrowser, withoutNode } from '../../dashboard/without-node.ts';
import { openStudy } from '../../search/open-study.ts';
import { optimize } from '../../search/optimize.ts';
import { makeStudy, openDashboard } from './dashboard.ts';

// Work that takes seconds: in threads of its own, once for all who ask, and ended when nobody waits.

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

const shape = { height: 28, width: 28, channels: 1 };

/** White ink in a rectangle of a black field of 280 × 280. */
function rectangle(left: number, top: number, width: number, height: number) {
  const data = new Uint8Array(280 * 280 * 4);
  for (let y = top; y < top + height; y += 1) {
    for (let x = left; x < left + width; x += 1) data.set([255, 255, 255], 4 * (280 * y + x));
  }
  return { height: 280, width: 280, data };
}

const wish = { shape, fit: 'stretch', ground: 'dark' } as const;

test('ink fills a box of 20 pixels with its centre of mass in the middle, wherever it was drawn', (t) => {
  for (const [left, top, width, height] of [
    [0, 0, 50, 100],
    [200, 170, 40, 80],
    [100, 20, 120, 240],
  ]) {
    const field = drawnGrey(rectangle(left, top, width, height), wish, true)!;
    const inked = [...field.keys()].filter((at) => field[at] > 0);
    const rows = inked.map((at) => Math.floor(at / 28));
    const columns = inked.map((at) => at % 28);
    t.deepEqual([Math.min(...rows), Math.max(...rows)], [4, 23]);
    t.deepEqual([Math.min(...columns), Math.max(...columns)], [9, 18]);
  }
});

test('heavy ink on one side moves the rest to the other, but never over the edge', (t) => {
  // A bar of full ink at the left, and weak ink to its right.
  const values = Uint8Array.from({ length: 200 * 200 }, (_, at) => (at % 200 < 20 ? 255 : 10));
  const field = centred({ height: 200, width: 200, values }, shape)!;
  const sum = (x: number): number => [...Array(28).keys()].reduce((total, y) => total + field[28 * y + x], 0);
  t.is(sum(7), 0);
  t.is(sum(8), 20 * 255);
  t.is(sum(27), 20 * 10);
});

test('nothing drawn is nothing, and a network of dark ink on light ground gets it so', (t) => {
  t.is(drawnGrey(rectangle(0, 0, 0, 0), wish, true), null);
  const field = drawnGrey(rectangle(0, 0, 280, 140), { ...wish, ground: 'light' }, false)!;
  t.deepEqual([field[0], field[783]], [0, 255]);
});

test('colours become the grey of the light that they are', (t) => {
  const colours = [
    [255, 0, 0, 255],
    [0, 255, 0, 255],
    [0, 0, 255, 255],
    [128, 128, 128, 255],
  ];
  const data = Uint8Array.from(colours.flat());
  const { pixels, says } = adaptedPicture(
    { height: 1, width: 4, data },
    { shape: { height: 1, width: 4, channels: 1 }, fit: 'stretch', ground: null },
  );
  t.deepEqual([...pixels], [127, 220, 76, 128]);
  t.deepEqual(says, ['its colours became grey']);
});

/** The script of a page with this code. */
async function scriptOf(code: string): Promise<string> {
  const entry = {
    name: 'entry',
    resolveId: (id: string) => (id === 'entry.js' ? id : null),
    load: (id: string) => (id === 'entry.js' ? code : null),
  };
  const outputs = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [withoutNode(), entry],
    build: { write: false, rolldownOptions: { input: 'entry.js' } },
  });
  const parts = [outputs].flat().flatMap((one) => ('output' in one ? one.output : []));
  return parts.map((part) => (part.type === 'chunk' ? part.code : '')).join('');
}

test('a page may import a module of Node.js, but not use it', async (t) => {
  const unused = await scriptOf("import { cpus } from 'node:os'; export const f = () => cpus(); console.log(7);");
  t.is(unused.trim(), 'console.log(7);');
  t.notThrows(() => expectBrowser('The page', unused));
  const used = await scriptOf("import { cpus } from 'node:os'; console.log(cpus());");
  t.throws(() => expectBrowser('The page', used), { message: /The page uses a module of Node\.js/ });
});
