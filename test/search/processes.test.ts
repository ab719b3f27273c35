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

test.serial('a second process is refused while the first lives, and goes on when it is dead', async (t) => {
  const file = join(folder, 'shared.db');
  const first = start(file, 's', 2);
  for await (const line of first.lines) {
    if (line !== 'done') continue;
    const [refusal] = await linesOf(file, 's', 3);
    t.regex(refusal, /^Study "s" in .*shared\.db is being run by process \d+ on .*: wait until it ends, stop it, or/);
    first.kill();
  }
  await first.exited;
  t.deepEqual(await linesOf(file, 's', 3), ['running 2', 'finished 2', 'done']);
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
