/** What a page hears of changes, also after it was cut off. */
import test from 'ava';
import { join } from 'node:path';
import type { Happening } from '../../dashboard/api.ts';
import { writeLiveRun } from '../../records/live-run.ts';
import { EventLog } from '../../dashboard/server/events.ts';
import { csvOf, recordRun } from '../submissions/runs.ts';
import { recordAnalysis } from './analyses.ts';
import { makeStudy, openDashboard, openParabola, runTrial, type TestDashboard } from './dashboard.ts';

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
        const fields = new Map(
          text
            .slice(0, end)
            .split('\n')
            .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
        );
        text = text.slice(end + 2);
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
