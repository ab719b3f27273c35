/** `npm run study -- replay`: draws the parameters of a study again and compares them with its record. */
import { counted } from '../../base/format.ts';
import { printable, quoted, visibleJson } from '../../base/printable.ts';
import { type ReplayDifference, replayStudy } from '../../search/index.ts';
import { readTask } from '../../tuning/index.ts';
import { defineCommand } from '../command.ts';
import { shared } from '../options.ts';
import { meantStudy, studyArgument } from '../studies.ts';

export const replay = defineCommand({
  name: 'replay',
  summary: 'compute all suggestions of a study again, and check that they are the same',
  options: shared('storage'),
  files: studyArgument,
  examples: [['swa', 'check that the seed and what each trial has seen decide every suggestion and pruning']],
  stopped: 'Nothing was changed; start again with',
  async run({ storage: location }, session, [part = '']) {
    const found = await meantStudy(location, part, session);
    const { name } = found.definition;
    const task = readTask(found.definition);
    const bar = session.progress.bar('replay', found.trials.length, 'trials', 0);
    const result = replayStudy(found, {
      ...(task && { shape: { folds: task.folds, stepsPerFold: task.epochs } }),
      onTrial: (count) => bar.update(count),
    });
    session.progress.clear();
    const { trials: count, suggestions, prunings, differences } = result;
    const added = found.trials.filter(({ seen }) => seen?.added).length;
    const given =
      added === 0
        ? ''
        : `; ${counted(added, 'trial')} came from elsewhere with ${added === 1 ? 'its result' : 'their results'}`;
    const what = `${counted(suggestions, 'suggestion')} and ${counted(prunings, 'pruning')} of ${counted(count, 'finished trial')}`;
    return {
      json: { study: name, ...result },
      text: `Replayed study ${quoted(name)}: ${what}, ${differences.length === 0 ? 'all the same to the digit' : 'with differences'}${given}.`,
      problem:
        differences.length === 0
          ? undefined
          : differences.slice(0, SHOWN_DIFFERENCES).map(differenceInWords).join('\n'),
    };
  },
});

/** Most differences of a replay that are shown; --json has all. */
const SHOWN_DIFFERENCES = 10;

function differenceInWords({ trial, parameter, recorded, replayed }: ReplayDifference): string {
  return parameter === null
    ? `Trial ${trial} was pruned, which the pruner would not do: its record was changed, or the objective has ended it.`
    : `Trial ${trial}: \`${printable(parameter)}\` is ${visibleJson(recorded)} in the record, and ${visibleJson(replayed)} when it is drawn again.`;
}
