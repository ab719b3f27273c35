import test from 'ava';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { plain } from '../../pipeline/methods/plain.ts';
import { csvOf, recordRun, runsIn } from '../submissions/runs.ts';
import { filesIn, temporaryFolder, withoutReports } from './process.ts';
import { runIn } from './in-process.ts';

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
