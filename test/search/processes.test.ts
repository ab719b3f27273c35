import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { readStudy } from '../../search/read-study.ts';
import { childScript, type ChildTask, linesOf, referenceTrials, startChild, testKills } from './children.ts';
import { essence } from './snapshot.ts';

const folder = mkdtempSync(join(tmpdir(), 'processes-'));
test.after.always(() => rmSync(folder, { recursive: true }));
test.serial('a study killed again and again ends as one that was left alone', async (t) => {
  const trials = 40;
  const reference = await referenceTrials(trials);
  t.deepEqual(
    new Set(reference.map(({ state }) => state)),
    new Set(['COMPLETE', 'PRUNED', 'FAIL']),
    'the study has every outcome',
  );

  const file = join(folder, 'killed.db');
  const random = xoroshiro128plus(1);
  for (let kills = 0; kills < 4; kills++) {
    const child = startChild(file, 's', trials, { diesAfter: uniformInt(random, 1, 11) });
    for await (const line of child.lines) t.regex(line, /^(running|finished) \d+$/);
    t.deepEqual(await child.exited, [null, 'SIGKILL']);
  }
  const before = (await readStudy(file, 's')).trials.filter(({ finishedAt }) => finishedAt !== null);
  t.true(before.length < trials, 'the kills came before the end');
  t.is((await linesOf(file, 's', trials)).at(-1), 'done');
  const { trials: after } = await readStudy(file, 's');
  t.deepEqual(after.map(essence), reference);
  t.deepEqual(after.slice(0, before.length), before, 'finished trials were not run again');
});

test.serial('several processes run one study, are killed at random, and it is the same as of one', async (t) => {
  await testKills(t, join(folder, 'shared.db'), { trials: 200, kills: 4 });
});

test.serial('so with workers that run freely: nothing is lost or done twice, and the record replays it', async (t) => {
  await testKills(t, join(folder, 'free.db'), { trials: 200, kills: 4, lag: 'none' });
});

test.serial('eight processes can open one new file at once, each with a study of its own', async (t) => {
  const file = join(folder, 'new.db');
  const names = Array.from({ length: 8 }, (_, i) => `study-${i}`);
  const outputs = await Promise.all(names.map((name) => linesOf(file, name, 3)));
  for (const lines of outputs) t.is(lines.at(-1), 'done');
  for (const name of names) t.is((await readStudy(file, name)).trials.length, 3);
});

test.serial(
  'a file that cannot grow any more ends the search with a sentence, and keeps what was finished',
  async (t) => {
    if (process.platform === 'win32') return void t.pass('there are no limits of file sizes');
    const file = join(folder, 'limited.db');
    const command = 'ulimit -f 400; exec "$0" "$@"';
    const task: ChildTask = { storage: file, name: 's', trials: 1000, lag: 'growing' };
    const words = ['-c', command, process.execPath, childScript, JSON.stringify(task)];
    const { stdout } = spawnSync('sh', words, { encoding: 'utf8' });
    const lines = stdout.trim().split('\n');
    t.is(lines.at(-1), `${file} cannot be read or written: check the disk, or use another file.`);
    const { trials } = await readStudy(file, 's');
    const finished = trials.filter(({ finishedAt }) => finishedAt !== null).map(({ number }) => `finished ${number}`);
    t.true(finished.length > 0, `${finished.length}`);
    t.deepEqual(
      finished,
      lines.filter((line) => line.startsWith('finished')),
    );
  },
);
