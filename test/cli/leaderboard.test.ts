import test from 'ava';
import { localTime } from '../../base/format.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { csvOf, recordRun, runsIn } from '../submissions/runs.ts';
import { runIn } from './in-process.ts';
import { filesIn, temporaryFolder } from './process.ts';

test.serial('leaderboard shows a table for each competition, the best first, and --json all of it', async (t) => {
  const folder = await temporaryFolder(t);
  t.like(await runIn(folder, ['leaderboard']), { code: 0, stdout: 'No submissions yet: npm run submit makes some.\n' });
  const runsDir = runsIn(folder);
  const startedAt = '2026-01-04T00:00:00Z';
  await recordRun(runsDir, { method: 'plain', file: join(folder, 'plain.csv'), csv: csvOf([1]), test: 80 });
  await recordRun(runsDir, { method: 'swa', file: join(folder, 'swa.csv'), csv: csvOf([2]), test: 90, startedAt });
  const other = { competition: 'fashion-mnist', test: null };
  await recordRun(runsDir, { ...other, file: join(folder, 'other.csv'), csv: csvOf([3]) });

  const { code, stdout, stderr } = await runIn(folder, ['leaderboard']);
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  const [fashion, small, legend] = stdout.split('\n\n');
  t.regex(fashion, /^fashion-mnist\n +method +run +out-of-fold +train +time +date +file\n +\(1,000\) +\(1,000\)\n/);
  t.regex(
    small,
    /\n +1 +swa +swa-[0-9a-f]{8} +90\.00 ± 3\.00 +90\.00 ± 0\.95 +95\.00 ± 0\.69 +1\.5 s +20.* +swa\.csv\n +2 +plain /,
  );
  t.true(small.includes(` ${localTime(startedAt)} `), small);
  t.regex(legend, /^Accuracy in percent ± its standard error/);

  const words = ['leaderboard', '--sort', 'out-of-fold', '--competition', 'fashion-mnist', '--json'];
  const json = JSON.parse((await runIn(folder, words)).stdout);
  t.is(json.sort, 'out-of-fold');
  t.deepEqual(
    json.competitions.map(({ competition, submissions }: { competition: string; submissions: object[] }) => [
      competition,
      submissions.length,
    ]),
    [['fashion-mnist', 1]],
  );
});

test.serial('leaderboard --add keeps the score that Kaggle showed, and refuses what cannot be one', async (t) => {
  const folder = await temporaryFolder(t);
  await recordRun(runsIn(folder), { file: join(folder, 'swa.csv'), csv: csvOf([1]) });
  await writeFile(join(folder, 'foreign.csv'), csvOf([9]));
  const before = await filesIn(folder);
  const refused: [words: string, sentence: RegExp][] = [
    [
      '--add 98.7 --submission swa.csv',
      /^Expected the public score of swa\.csv to be a score by accuracy from 0 to 1, got 98\.7\.\n$/,
    ],
    [
      '--add -0.1 --submission swa.csv',
      /^Expected the public score of swa\.csv to be a score by accuracy from 0 to 1, got -0\.1\.\n$/,
    ],
    ['--add 98,7 --submission swa.csv', /^Expected --add to be a score, such as 0\.98742, got "98,7"\.\n$/],
    ['--add 0.9 --submission foreign.csv', /^foreign\.csv: expected a submission of a run in runs, got another/],
    ['--add 0.9 --submission nowhere.csv', /^nowhere\.csv: expected a submission, found none/],
    ['--add 0.9', /^Expected --add and --submission together, got only one of them\.\n$/],
    ['--sort size', /^Unknown column "size"\. Known: best, test, kaggle, out-of-fold, train, seconds, date\.\n$/],
  ];
  for (const [words, sentence] of refused) {
    const { code, stdout, stderr } = await runIn(folder, ['leaderboard', ...words.split(' ')]);
    t.deepEqual({ code, stdout }, { code: 2, stdout: '' }, words);
    t.regex(stderr, sentence, words);
  }
  t.deepEqual(await filesIn(folder), before);

  const added = await runIn(folder, ['leaderboard', '--add', '0.98742', '--submission', 'swa.csv']);
  t.is(added.stderr, "Kept: swa.csv has 98.74 % on Kaggle's public leaderboard.\n");
  t.regex(added.stdout, / 98\.742 /);
  t.is((await runIn(folder, ['leaderboard'])).stdout, added.stdout);
});

test.serial('leaderboard shows what it can read and ends with what it cannot', async (t) => {
  const folder = await temporaryFolder(t);
  await recordRun(runsIn(folder), { file: join(folder, 'a.csv'), csv: csvOf([1]) });
  await recordRun(runsIn(folder), { file: join(folder, 'b.csv'), csv: csvOf([2]), startedAt: '2026-02-01T00:00:00Z' });
  const records = (await filesIn(folder)).filter((file) => file.endsWith('record.json'));
  await writeFile(join(folder, records[1]), '{}');
  const { code, stdout, stderr } = await runIn(folder, ['leaderboard']);
  t.is(code, 2);
  t.regex(stdout, /a\.csv/);
  t.regex(stderr, /^1 record left out\. Expected `format` in runs\/.*record\.json to be format 1, got nothing\./);
});
