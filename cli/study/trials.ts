/** `npm run study -- trials`: the trials of a study as a table. */
import { quoted } from '../../base/printable.ts';
import { byValue, type FrozenTrial, type StudySnapshot } from '../../search/index.ts';
import { defineCommand } from '../command.ts';
import { option } from '../option.ts';
import { oneOf } from '../option-parsers.ts';
import { shared } from '../options.ts';
import * as studies from '../studies.ts';
import * as words from '../study-words.ts';

const trialOrders = ['number', 'value'] as const;

export const trials = defineCommand({
  name: 'trials',
  summary: 'the trials of a study as a table',
  options: {
    sort: option({
      flags: '--sort <order>',
      description: `order of the trials: ${trialOrders.join(', ')} (the best first)`,
      parse: oneOf('order', trialOrders),
      fallback: 'number',
    }),
    ...shared('top', 'storage'),
  },
  files: studies.studyArgument,
  examples: [['swa --sort value --top 5', 'the best five']],
  stopped: 'Nothing was changed; start again with',
  async run({ sort, top, storage: location }, session, [part = '']) {
    const study = await studies.meantStudy(location, part, session);
    const all = sort === 'value' ? bestFirst(study) : study.trials;
    const shown = all.slice(0, top);
    const text =
      shown.length === 0
        ? `Study ${quoted(study.definition.name)} has no trials.`
        : [words.trialTable(shown, study.definition), words.failureLines(shown)].filter(Boolean).join('\n\n');
    return { json: { study: study.definition.name, trials: shown }, text };
  },
});

/** Trials without a value come last. */
function bestFirst({ definition, trials: all }: StudySnapshot): FrozenTrial[] {
  const better = byValue(definition.direction);
  const [valued, others] = [true, false].map((has) => all.filter(({ value }) => (value !== null) === has));
  return [...valued.toSorted(better), ...others];
}
