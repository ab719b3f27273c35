/**
 * A process of its own for the tests of several processes: `child.ts TASK`, a `ChildTask` as JSON. Prints what it does, and
 * goes on from where it waits when its input says so or ends.
 */
import { once } from 'node:events';
import { optimize } from '../../search/optimize.ts';
import { StudyError } from '../../search/study-error.ts';
import { openStudy } from '../../search/open-study.ts';
import { childOptions, childObjective } from './child-study.ts';
import type { ChildTask } from './children.ts';

const { storage, name, trials, lag, waits, pausesAt, diesAfter }: ChildTask = JSON.parse(process.argv[2]);
const told = Promise.race([once(process.stdin, 'data'), once(process.stdin, 'end')]);
const released = once(process.stdin, 'end');
let lines = 0;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
  lines += 1;
  if (lines === diesAfter) process.kill(process.pid, 'SIGKILL');
}

try {
  const study = await openStudy({ ...childOptions, lag, storage, name });
  if (waits) {
    say('open');
    await told;
  }
  await optimize(
    study,
    async (trial) => {
      if (pausesAt !== undefined && trial.number >= pausesAt) {
        say('pauses');
        await told;
      }
      const value = childObjective(trial);
      say(`running ${trial.number}`);
      return value;
    },
    { trials, onTrial: ({ number }) => say(`finished ${number}`) },
  );
  say('done');
  // Holds the study until the parent closes the pipe.
  await released;
  await study.close();
} catch (error) {
  if (!(error instanceof StudyError)) throw error;
  say(error.message);
}
process.stdin.destroy();
