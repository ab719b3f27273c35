import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { optimize } from '../../search/optimize.ts';
import { openStudy, readStudy } from '../../search/study.ts';
import type { FrozenTrial } from '../../search/trial.ts';
import { childObjective, childOptions } from './child-study.ts';

const folder = mkdtempSync(join(tmpdir(), 'processes-'));
test.after.always(() => rmSync(folder, { recursive: true }));
const script = fileURLToPath(new URL('child.ts', import.meta.url));

/** Starts a child; `lines` are those it prints. It ends when `release` is called, at the latest. */
function start(file: string, study: string, trials: number) {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', script, file, study, String(trials)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  return {
    lines: createInterface({ input: child.stdout }),
    exited: once(child, 'exit'),
    release: () => child.stdin.end(),
    kill: () => child.kill('SIGKILL'),
  };
}

/** Runs a child to its end. */
async function linesOf(file: string, study: string, trials: number): Promise<string[]> {
  const child = start(file, study, trials);
  child.release();
  const lines = await Array.fromAsync(child.lines);
  await child.exited;
  return lines;
}

/** What must not depend on interruptions: all but the times. */
function essence({ number, state, value, params, intermediateValues, userAttributes }: FrozenTrial) {
  return { number, state, value, params, intermediateValues, userAttributes };
}

test.serial('a study killed again and again ends as one that was left alone', async (t) => {
  const trials = 40;
  const reference = await openStudy({ ...childOptions, name: 's' });
  await optimize(reference, childObjective, { trials });
  await reference.close();
  t.deepEqual(
    new Set(reference.trials.map(({ state }) => state)),
    new Set(['COMPLETE', 'PRUNED', 'FAIL']),
    'the study has every outcome',
  );

  const file = join(folder, 'killed.db');
  const random = xoroshiro128plus(1);
  for (let kills = 0; kills < 6; kills++) {
    const child = start(file, 's', trials);
    let linesLeft = uniformInt(random, 1, 11);
    for await (const line of child.lines) {
      t.regex(line, /^(running|finished) \d+$/);
      if (--linesLeft <= 0) child.kill();
    }
    await child.exited;
  }
  const before = (await readStudy(file, 's')).trials.filter(({ finishedAt }) => finishedAt !== null);
  t.true(before.length < trials, 'the kills came before the end');
  t.is((await linesOf(file, 's', trials)).at(-1), 'done');
  const { trials: after } = await readStudy(file, 's');
  t.deepEqual(after.map(essence), reference.trials.map(essence));
  t.deepEqual(after.slice(0, before.length), before, 'finished trials were not run again');
});

test.serial('several processes run one study, kill -9 included, and it is the same as of one', async (t) => {
  const trials = 40;
  const reference = await openStudy({ ...childOptions, name: 's' });
  await optimize(reference, childObjective, { trials });
  const file = join(folder, 'shared.db');
  const children = [start(file, 's', trials), start(file, 's', trials), start(file, 's', trials)];
  for await (const line of children[0].lines) if (line === 'finished 3' || line === 'finished 5') break;
  children[0].kill();
  const numbers: string[] = [];
  for (const child of children.slice(1)) {
    child.release();
    for await (const line of child.lines) if (line.startsWith('finished')) numbers.push(line);
    await child.exited;
  }
  t.is(new Set(numbers).size, numbers.length, 'no trial was finished twice');
  t.deepEqual((await readStudy(file, 's')).trials.map(essence), reference.trials.map(essence));
  await reference.close();
});

test.serial('eight processes can open one new file at once, each with a study of its own', async (t) => {
  for (let round = 0; round < 3; round++) {
    const file = join(folder, `new-${round}.db`);
    const names = Array.from({ length: 8 }, (_, i) => `study-${i}`);
    const outputs = await Promise.all(names.map((name) => linesOf(file, name, 3)));
    for (const lines of outputs) t.is(lines.at(-1), 'done');
    for (const name of names) t.is((await readStudy(file, name)).trials.length, 3);
  }
});
