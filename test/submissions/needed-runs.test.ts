import test from 'ava';
import { join } from 'node:path';
import { neededRuns } from '../../submissions/needed-runs.ts';
import { readLeaderboard } from '../../submissions/leaderboard.ts';
import { temporaryFolder } from '../data/tiny.ts';
import { csvOf, recordRun, runsIn } from './runs.ts';

test('the members of a blend are needed as long as the blend is the best', async (t) => {
  const folder = await temporaryFolder(t);
  const runsDir = runsIn(folder);
  const record = (i: number, points: number, paramsFrom?: string) =>
    recordRun(runsDir, { test: points, paramsFrom, file: join(folder, `${i}.csv`), csv: csvOf([i]) });
  await record(1, 80);
  await record(2, 81);
  await record(3, 82);
  const { rows } = await readLeaderboard(runsDir);
  const [, second, third] = rows.toSorted((a, b) => a.run!.test!.accuracy - b.run!.test!.accuracy);
  await record(4, 90, `blend (weights) of runs ${second.run!.id}, ${third.run!.id}`);
  const blended = neededRuns((await readLeaderboard(runsDir)).rows);
  t.regex(blended.get(second.run!.id)!, /^blended in plain-\w{8}$/);
  t.is(blended.size, 3);
  await record(5, 95);
  t.is(neededRuns((await readLeaderboard(runsDir)).rows).size, 1);
});

test('the best run of each study is needed, by its record or by the sentence of an earlier one', async (t) => {
  const folder = await temporaryFolder(t);
  const runsDir = runsIn(folder);
  const record = (i: number, points: number, paramsFrom: string, study?: string) =>
    recordRun(runsDir, { test: points, paramsFrom, study, file: join(folder, `${i}.csv`), csv: csvOf([i]) });
  await record(1, 95, 'defaults');
  await record(2, 81, 'trial 3 of study a, with b, with momentum=0.9', 'a, with b');
  await record(3, 82, 'trial 4 of study a, with b', 'a, with b');
  await record(4, 70, 'trial 1 of study old, with momentum=0.9');
  const reasons = [...neededRuns((await readLeaderboard(runsDir)).rows).values()];
  t.deepEqual(reasons, [
    'the best of small-digits',
    'the best with the parameters of study a, with b',
    'the best with the parameters of study old',
  ]);
});
