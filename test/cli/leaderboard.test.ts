/** Kept runs: the leaderboard, and runs that are listed, renamed and deleted. */
import test from 'ava';
import { existsSync } from 'node:fs';
import { writeFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { localTime } from '../../base/format.ts';
import { plain } from '../../pipeline/methods/plain.ts';
import { csvOf, recordRun, runsIn } from '../submissions/runs.ts';
import { runIn } from './in-process.ts';
import { filesIn, temporaryFolder, withoutReports } from './process.ts';

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

test.serial('leaderboard tells runs of different training images apart', async (t) => {
  const folder = await temporaryFolder(t);
  const runsDir = runsIn(folder);
  const all = { labels: Uint16Array.of(0, 1, 2, 1) };
  await recordRun(runsDir, { ...all, method: 'plain', file: join(folder, 'plain.csv'), csv: csvOf([1]) });
  await recordRun(runsDir, { ...all, method: 'swa', file: join(folder, 'swa.csv'), csv: csvOf([2]) });
  t.notRegex((await runIn(folder, ['leaderboard'])).stdout, /trainingImages/);
  t.regex((await runIn(folder, ['runs', 'show', 'swa'])).stdout, /, trainingImages 4 \([0-9a-f]{6}\)\n/);
  const few = { labels: Uint16Array.of(0, 1) };
  await recordRun(runsDir, { ...few, method: 'ema', file: join(folder, 'ema.csv'), csv: csvOf([3]) });
  const { stdout } = await runIn(folder, ['leaderboard']);
  t.regex(stdout, / trainingImages /);
  t.regex(stdout, / ema .* 2 \([0-9a-f]{6}\) /);
  t.is(stdout.match(/ 4 \([0-9a-f]{6}\) /g)?.length, 2);
  t.regex(stdout, /Do not compare scores of different trainingImages: they come from other files\.\n$/);
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

/** Four runs of one competition, from the best to the worst, and one of another competition. */
async function project(t: Parameters<typeof temporaryFolder>[0]): Promise<{ folder: string; ids: string[] }> {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  const old = '2020-01-01T00:00:00Z';
  for (const [i, [method, test_, startedAt]] of [
    ['plain', 99, old],
    ['plain', 95, undefined],
    ['swa', 90, old],
    ['swa', 80, undefined],
  ].entries() as ArrayIterator<[number, ['plain' | 'swa', number, string | undefined]]>) {
    await recordRun(runsIn(folder), {
      method,
      test: test_,
      startedAt,
      parameters: { ...plain.defaults, learningRate: 0.1 + i },
      file: join(folder, `${i}.csv`),
      csv: csvOf([i]),
    });
  }
  await recordRun(runsIn(folder), {
    competition: 'mnist',
    file: join(folder, 'other.csv'),
    csv: csvOf([9]),
    startedAt: old,
  });
  const { runs } = JSON.parse((await runIn(folder, ['runs', 'list', '--json'])).stdout);
  const ranked = runs.filter((one: { competition: string }) => one.competition !== 'mnist');
  ranked.sort((a: { rank: number }, b: { rank: number }) => a.rank - b.rank);
  return { folder, ids: ranked.map(({ id }: { id: string }) => id) };
}

test('runs are listed with their ranks and sizes, and one is shown', async (t) => {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  t.is((await runIn(folder, ['runs', 'list'])).stdout, 'No runs yet: npm run submit makes some.\n');
  const { folder: made, ids } = await project(t);
  const { runs, bytes } = JSON.parse((await runIn(made, ['runs', 'list', '--json'])).stdout);
  t.is(runs.length, 5);
  t.true(bytes > 1000, `${bytes}`);
  t.regex(runs[0].name, /^(plain|swa)-[0-9a-f]{8}$/);
  t.is(new Set(runs.map(({ name }: { name: string }) => name)).size, 5);
  t.regex(
    (await runIn(made, ['runs', 'list', '--competition', 'mnist'])).stdout,
    / mnist +1 +90\.00 .*\n\nAccuracies in percent .*\n1 run, 0\.\d\d MB/,
  );
  const shown = await runIn(made, ['runs', 'show', ids[0]]);
  t.regex(shown.stdout, /learningRate 0\.1, .*\nTrain 95\.00 .* test 99\.00/);
  t.is(JSON.parse((await runIn(made, ['runs', 'show', ids[0], '--json'])).stdout).id, ids[0]);
});

test('a run is renamed and tagged, and found by its new name', async (t) => {
  const { folder, ids } = await project(t);
  t.regex(
    (await runIn(folder, ['runs', 'rename', ids[3], '--name', 'worst'])).stdout,
    /^swa-\w{8} is called worst now\.\n$/,
  );
  t.is(JSON.parse((await runIn(folder, ['runs', 'show', 'worst', '--json'])).stdout).id, ids[3]);
  const refused: [words: string[], sentence: RegExp][] = [
    [
      ['rename', ids[0], '--name', 'worst'],
      /^runs: expected a name that no run has, got "worst"\. Choose another\.\n$/,
    ],
    [['rename', ids[0], '--name', 'swa'], /^Expected a name of your own, got "swa", which means the newest run of/],
    [['rename', ids[0], '--name', 'a/b'], /^Expected --name to be 1 to 60 letters/],
    [['rename', ids[0], '--name', 'latest'], /^Expected --name .* no word with a meaning of its own/],
    [['rename', ids[0]], /^Expected the new name after --name/],
    [['rename', 'nowhere', '--name', 'x'], /expected a run whose name contains "nowhere"/],
    [['tag', ids[0]], /^Expected tags after --tag/],
    [['tag', ids[0], '--tag', 'a,,b'], /^Expected --tag to be names separated by commas/],
    [['tag', ids[0], '--tag', 'x'.repeat(51)], /^Expected --tag to be at most 20 words of at most 50/],
    [['tag', ids[0], '--tag', 'a\u0007b'], /of at most 50 characters that can be seen, .*, got "a\\u0007b"/],
  ];
  for (const [words, sentence] of refused) {
    const { code, stdout, stderr } = await runIn(folder, ['runs', ...words]);
    t.deepEqual([code, stdout], [2, ''], words.join(' '));
    t.regex(stderr, sentence);
  }
  await runIn(folder, ['runs', 'tag', 'worst', ids[0], '--tag', 'try,final']);
  await runIn(folder, ['runs', 'tag', 'worst', '--tag', 'try', '--remove']);
  const { runs } = JSON.parse((await runIn(folder, ['runs', 'list', '--json'])).stdout);
  const tags = new Map(runs.map((one: { id: string; tags: string[] }) => [one.id, one.tags]));
  t.deepEqual([tags.get(ids[3]), tags.get(ids[0]), tags.get(ids[1])], [['final'], ['try', 'final'], []]);
  t.regex((await runIn(folder, ['leaderboard'])).stdout, / swa +worst /);
});

test('runs are deleted by rank and age, never the best, unless asked', async (t) => {
  const { folder, ids } = await project(t);
  const there = async (): Promise<boolean[]> => ids.map((id) => existsSync(join(folder, 'runs', id)));
  const unasked = await runIn(folder, ['runs', 'delete', '--beyond', '1']);
  t.deepEqual([unasked.code, await there()], [2, [true, true, true, true]]);
  t.regex(
    unasked.stderr,
    /^Delete 3 runs, 0\.\d+ MB\? Use --yes to delete without being asked, or --dry-run to look\.\n$/,
  );
  t.regex(
    (await runIn(folder, ['runs', 'delete'])).stderr,
    /^Expected the names of runs, --older or --beyond, got none/,
  );
  t.regex(
    (await runIn(folder, ['runs', 'delete', '--older', '5'])).stderr,
    /^Expected --older to be an age such as 12h/,
  );
  const dry = JSON.parse((await runIn(folder, ['runs', 'delete', '--older', '52w', '--dry-run', '--json'])).stdout);
  t.deepEqual([dry.wouldDelete.length, dry.kept.length, await there()], [1, 2, [true, true, true, true]]);
  const shown = await runIn(folder, ['runs', 'delete', '--older', '52w', '--dry-run']);
  t.regex(shown.stdout, /^ {2}\S+ {2}small-digits {2}\d{4}-\d\d-\d\d \d\d:\d\d [+−]\d\d:\d\d\nWould delete: 1 run/);

  const { stdout } = await runIn(folder, ['runs', 'delete', '--older', '52w', '--beyond', '2', '--yes']);
  t.regex(stdout, /Deleted: 1 run, .*\nThe files of their submissions stay\.\n$/);
  t.deepEqual(await there(), [true, true, false, true]);
  t.true(existsSync(join(folder, '2.csv')));

  const kept = await runIn(folder, ['runs', 'delete', ids[0], '--yes']);
  t.regex(kept.stdout, /^Nothing was deleted\.\nKept: plain-\w{8}, the best of small-digits\.\n--even-needed deletes/);
  await runIn(folder, ['runs', 'delete', ids[0], '--yes', '--even-needed']);
  t.deepEqual(await there(), [false, true, false, true]);
  t.deepEqual(
    (await readdir(join(folder, 'runs'))).filter((name) => name.startsWith('.')),
    [],
  );
});

test('runs that are too new are said to be, and none is deleted', async (t) => {
  const { folder, ids } = await project(t);
  const before = await filesIn(folder);
  const named = await runIn(folder, ['runs', 'delete', ids[3], '--older', '5000w', '--yes']);
  t.is(named.stdout, 'Nothing was deleted. None of these runs is old enough and ranked low enough.\n');
  const all = await runIn(folder, ['runs', 'delete', '--beyond', '100', '--yes']);
  t.is(all.stdout, 'Nothing was deleted. No run is old enough and ranked low enough.\n');
  t.deepEqual(await filesIn(folder), before);
});

test('damaged notes hide no run, and nothing is deleted whose tags could not be removed', async (t) => {
  const { folder, ids } = await project(t);
  await writeFile(join(folder, 'runs/notes.db'), 'no database');
  const before = await filesIn(folder);
  const listed = await runIn(folder, ['runs', 'list', '--json']);
  t.is(listed.code, 0);
  t.is(JSON.parse(listed.stdout).runs.length, 5);
  t.regex(listed.stderr, /^The tags are not shown\. runs\/notes\.db: notes can be neither read nor kept there/);
  const { code, stderr } = await runIn(folder, ['runs', 'delete', ids[2], '--even-needed', '--yes']);
  t.is(code, 2);
  t.regex(stderr, /runs\/notes\.db: notes can be neither read nor kept there/);
  t.deepEqual(await filesIn(folder), before);
});

test('a folder elsewhere, or one with a damaged record, is not deleted', async (t) => {
  const { folder, ids } = await project(t);
  await writeFile(join(folder, 'runs', ids[3], 'record.json'), '{');
  const before = await filesIn(folder);
  for (const name of [ids[3], `elsewhere/${ids[0]}`]) {
    const { code, stderr } = await runIn(folder, ['runs', 'delete', name, '--yes']);
    t.is(code, 2);
    t.regex(stderr, /: expected a run in runs with a record that can be read\. Delete other folders by hand\.\n$/);
  }
  t.deepEqual(await filesIn(folder), before);
});
