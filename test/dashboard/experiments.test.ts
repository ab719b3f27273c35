/** What the server tells of the results of experiments, whatever lies in their folders. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type * as api from '../../dashboard/api.ts';
import { finishedJson } from '../report/finished-experiment.ts';
import { openDashboard } from './dashboard.ts';

const ask = (id: string): string => `/api/experiment?${new URLSearchParams({ id }).toString()}`;

test('results of experiments are told with claims, arms and figures; damaged ones in words', async (t) => {
  const dashboard = openDashboard(t);
  const { json, runsDir, put } = dashboard;
  t.deepEqual(await json('/api/experiments'), { experiments: [], unreadable: [] });
  const folder = join(runsDir, 'experiments', 'swa-lr');
  mkdirSync(join(folder, 'results'), { recursive: true });
  writeFileSync(join(folder, 'results', 'sgd-seed-1.json'), 'a training');
  writeFileSync(join(folder, 'quick.json'), JSON.stringify(finishedJson('swa-lr')));
  writeFileSync(join(folder, 'broken.json'), '{"experiment": "swa-lr"}');
  writeFileSync(join(folder, 'quick.md'), 'words');

  const { experiments, unreadable } = await json<api.ExperimentsAnswer>('/api/experiments');
  t.is(experiments.length, 1);
  t.like(experiments[0], { id: 'swa-lr/quick', experiment: 'swa-lr', name: 'quick' });
  t.is(unreadable.length, 1);
  t.regex(unreadable[0], /broken\.json: expected the result of an experiment/);

  const result = await json<api.ExperimentAnswer>(ask('swa-lr/quick'));
  t.is(result.claims.rows.length, result.verdicts.length);
  t.deepEqual(
    result.figures.map(({ kind }) => kind),
    ['arms', 'sweep', 'curves', 'curves'],
  );
  t.is((await dashboard.ask(ask('../swa-lr/quick'))).status, 404);

  t.is((await put({ kind: 'experiment', id: 'swa-lr/quick', text: '', tags: ['final'] })).status, 200);
  t.is((await put({ kind: 'experiment', id: 'swa-lr/none', text: '', tags: ['final'] })).status, 404);
  const { notes } = await json<api.NotesAnswer>('/api/notes');
  t.deepEqual(notes, [{ kind: 'experiment', id: 'swa-lr/quick', text: '', tags: ['final'] }]);
});
