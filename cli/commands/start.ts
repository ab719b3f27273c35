/** `npm start`: the whole job in a few minutes: data, a short search of each method, training, submissions, comparison. */
import type { MethodName } from '../../pipeline/index.ts';
import type { SearchOutcome } from '../../tuning/index.ts';
import { defineCommand } from '../command.ts';
import { type ChosenParameters, defaults } from '../parameters.ts';
import { movedInWords, searchAll, stoppedSearch } from '../searches.ts';
import { checkSubmit, submissionReport, trainAndSubmit } from '../submissions.ts';
import { withTraining } from '../training.ts';
import { searchJson } from './search.ts';
import { LARGEST_COUNT, option } from '../option.ts';
import { wholeNumber } from '../option-parsers.ts';
import { MOST_FOLDS, shared } from '../options.ts';

export const start = defineCommand({
  name: 'start',
  summary: 'the whole job: data, search, training, submissions, comparison',
  options: {
    ...shared('competition', 'dataDir', 'model', 'method', 'trials'),
    searchEpochs: option({
      flags: '--search-epochs <n>',
      description: 'epochs of each training of the search',
      parse: wholeNumber(1, LARGEST_COUNT),
      fallback: 50,
    }),
    searchFolds: option({
      flags: '--search-folds <n>',
      description: 'folds of the cross-validation of each trial',
      parse: wholeNumber(2, MOST_FOLDS),
      fallback: 5,
    }),
    ...shared(
      'epochs',
      'folds',
      'workers',
      'sampler',
      'pruner',
      'engine',
      'seed',
      'storage',
      'timeout',
      'solution',
      'outDir',
      'name',
      'tag',
    ),
  },
  defaults: { trials: 12, searchEpochs: 12, searchFolds: 3, epochs: 40 },
  examples: [
    ['', 'everything, with settings that take a few minutes'],
    ['--trials 20 --epochs 50', 'a longer search, a longer training'],
    ['--competition digit-recognizer --data-dir ~/Downloads', "Kaggle's files, from another folder"],
  ],
  stopped: stoppedSearch,
  async run(options, session) {
    const { method: methods, searchEpochs: epochs, searchFolds: folds, timeout: timeoutMs } = options;
    return withTraining(options, session, async (training) => {
      // Finds what would stop the submissions before the search begins.
      await checkSubmit(training, { ...options, methods: methods.map((id) => defaults(id)) });
      const outcomes = await searchAll(
        training,
        { ...options, name: undefined, lag: 'growing', methods, epochs, folds, timeoutMs },
        session,
      );
      const chosen = methods.map((id) => found(id, outcomes[id]));
      const { json, text } = submissionReport(await trainAndSubmit(training, { ...options, methods: chosen }, session));
      return {
        json: { ...json, search: searchJson(outcomes) },
        text,
        problem: movedInWords(outcomes, options.storage),
      };
    });
  },
});

/** The best parameters of this search, or the defaults if no trial is complete. */
function found(id: MethodName, { study, best }: SearchOutcome): ChosenParameters {
  if (!best) return defaults(id);
  return { id, parameters: best.parameters, paramsFrom: `trial ${best.number} of study ${study}` };
}
