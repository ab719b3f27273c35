/** `npm run study -- replay`: draws the parameters of a study again and compares them with its record. */
import { replayInWords, replayStudy } from '../../search/index.ts';
import { shapeOf } from '../../tuning/index.ts';
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
    const bar = session.progress.bar('replay', found.trials.length, 'trials', 0);
    const result = replayStudy(found, { shape: shapeOf(found.definition), onTrial: (count) => bar.update(count) });
    session.progress.clear();
    const { sentence, differences } = replayInWords(name, result);
    return {
      json: { study: name, ...result },
      text: sentence,
      problem: differences.length === 0 ? undefined : differences.join('\n'),
    };
  },
});
