/**
 * A process of its own for the tests of several processes: `child.ts FILE STUDY TRIALS LAG [wait]`. Prints what it does.
 * With `wait` it begins when its input says so.
 */
import { once } from 'node:events';
import { optimize } from '../../search/optimize.ts';
import { StudyError } from '../../search/study-error.ts';
import { openStudy } from '../../search/open-study.ts';
import type { Lag } from '../../search/storage/storage.ts';
import { childOptions, childObjective } from './child-study.ts';

const [file, name, trials, lag, wait] = process.argv.slice(2);
try {
  const study = await openStudy({ ...childOptions, lag: lag as Lag, storage: file, name });
  if (wait) {
    process.stdout.write('open\n');
    await once(process.stdin, 'data');
  }
  await optimize(
    study,
    (trial) => {
      const value = childObjective(trial);
      process.stdout.write(`running ${trial.number}\n`);
      return value;
    },
    { trials: Number(trials), onTrial: ({ number }) => void process.stdout.write(`finished ${number}\n`) },
  );
  process.stdout.write('done\n');
  // Holds the study until the parent closes the pipe.
  for await (const _ of process.stdin);
  await study.close();
} catch (error) {
  if (!(error instanceof StudyError)) throw error;
  process.stdout.write(`${error.message}\n`);
}
