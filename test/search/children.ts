/** Processes that run one study together, and die. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { optimize } from '../../search/optimize.ts';
import { readStudy } from '../../search/read-study.ts';
import { replayStudy } from '../../search/replay.ts';
import type { Lag } from '../../search/storage/storage.ts';
import { openStudy } from '../../search/open-study.ts';
import { isFinished } from '../../search/frozen-trial.ts';
import { childObjective, childOptions } from './child-study.ts';
import { essence } from './snapshot.ts';

/** See child.ts. */
export const childScript = fileURLToPath(new URL('child.ts', import.meta.url));

export interface ChildTask {
  readonly storage: string;
  /** Name of the study. */
  readonly name: string;
  readonly trials: number;
  readonly lag: Lag;
  /** Whether it opens the study, says `open`, and runs trials after `go`. */
  readonly waits?: boolean;
  /** It says `pauses` before it runs this trial or a later one, and goes on after `go`. Default: at none. */
  readonly pausesAt?: number;
  /** It ends itself without warning when it has said as many lines. Default: after none. */
  readonly diesAfter?: number;
}

/** Starts a child; `lines` are those it prints from when they are first listened to. It ends when `release` is called, at the latest. */
export function startChild(
  storage: string,
  name: string,
  trials: number,
  more: Partial<Pick<ChildTask, 'lag' | 'waits' | 'pausesAt' | 'diesAfter'>> = {},
) {
  const task: ChildTask = { storage, name, trials, lag: 'growing', ...more };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', childScript, JSON.stringify(task)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return {
    lines: createInterface({ input: child.stdout }),
    exited: once(child, 'exit'),
    go: () => void child.stdin.write('go\n'),
    release: () => child.stdin.end(),
    kill: () => child.kill('SIGKILL'),
  };
}

/** Runs a child to its end. */
export async function linesOf(storage: string, study: string, trials: number): Promise<string[]> {
  const child = startChild(storage, study, trials);
  child.release();
  const lines = await Array.fromAsync(child.lines);
  await child.exited;
  return lines;
}

/** Trials that are left until the kills are over. */
const LEFT = 20;

/** The study of the children as one process makes it that is left alone. */
export async function referenceTrials(trials: number): Promise<ReturnType<typeof essence>[]> {
  const study = await openStudy({ ...childOptions, name: 's' });
  await optimize(study, childObjective, { trials });
  await study.close();
  return study.trials.map(essence);
}

/**
 * Several processes run one study; one after the other is killed at a random moment and replaced. They leave the last
 * trials until the kills are over. With a lag the study is that of one process; without one it is what its record says.
 */
export async function testKills(
  t: ExecutionContext,
  storage: string,
  settings: { trials: number; kills: number; lag?: Lag },
) {
  const { trials, kills, lag = 'growing' } = settings;
  const finished: string[] = [];
  const start = () => {
    const child = startChild(storage, 's', trials, { lag, pausesAt: trials - LEFT });
    child.lines.on('line', (line) => {
      if (line.startsWith('finished')) finished.push(line);
    });
    return child;
  };
  const random = xoroshiro128plus(1);
  const children = [start(), start(), start()];
  for (let kill = 0; kill < kills; kill++) {
    const victim = children[kill % children.length];
    let linesLeft = uniformInt(random, 1, 9);
    await new Promise<void>((resolve) => {
      victim.lines.on('line', (line) => {
        if (--linesLeft <= 0 || line === 'pauses') resolve();
      });
    });
    // Into whatever it does then; the moment is the point, not the length.
    await sleep(uniformInt(random, 0, 5));
    victim.kill();
    await victim.exited;
    children[kill % children.length] = start();
  }
  t.true(finished.length <= trials - LEFT, `${finished.length} were finished before the last kill`);
  for (const child of children) child.release();
  await Promise.all(children.map(({ exited }) => exited));
  t.is(new Set(finished).size, finished.length, 'no trial was finished twice');
  const study = await readStudy(storage, 's');
  if (lag === 'none') {
    t.is(study.trials.filter(isFinished).length, trials);
    t.deepEqual(replayStudy(study).differences, []);
  } else t.deepEqual(study.trials.map(essence), await referenceTrials(trials));
}
