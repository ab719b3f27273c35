/** `npm start`: the whole job in a few minutes: data, a short search of each method, training, submissions, comparison. */
import { foldCount, MOST_FOLDS } from '../../data/index.ts';
import type { ModelName } from '../../models/index.ts';
import type { MethodName } from '../../pipeline/index.ts';
import type { SearchOutcome } from '../../tuning/index.ts';
import { defineCommand } from '../command.ts';
import { type ChosenParameters, defaults } from '../parameters.ts';
import { movedInWords, searchAll, stoppedSearch } from '../searches.ts';
import { checkSubmit, submissionReport, trainAndSubmit } from '../submissions.ts';
import { epochsOf, withTraining } from '../training.ts';
import { searchJson } from './search.ts';
import { LARGEST_COUNT, option, optional } from '../option.ts';
import { wholeNumber } from '../option-parsers.ts';
import { shared } from '../options.ts';

/** Folds of a trial, fewer than those of a submission. */
const SEARCH_FOLDS = 3;
/** Epochs of a training, fewer than those of `submit`. */
const EPOCHS = 40;

export const start = defineCommand({
  name: 'start',
  summary: 'do the whole job: data, search, training, submissions, comparison',
  options: {
    ...shared('competition', 'dataDir', 'model', 'method', 'trials'),
    searchEpochs: option({
      flags: '--search-epochs <n>',
      description: 'epochs of each training in the search',
      parse: wholeNumber(1, LARGEST_COUNT),
      fallback: 50,
    }),
    searchFolds: optional({
      flags: '--search-folds <n>',
      description: 'folds of each trial of the search',
      parse: wholeNumber(2, MOST_FOLDS),
      shownFallback: `${SEARCH_FOLDS}, or as many as the description gives`,
    }),
    epochs: { ...shared('epochs').epochs, shownFallback: `those of the model if it has its own, else ${EPOCHS}` },
    ...shared(
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
  defaults: { trials: 12, searchEpochs: 12 },
  examples: [
    ['', 'everything, with settings that take a few minutes'],
    ['--trials 20 --epochs 50', 'a longer search and a longer training'],
    ['--competition digit-recognizer --data-dir ~/Downloads', "Kaggle's files in another folder"],
  ],
  stopped: stoppedSearch,
  async run(options, session) {
    const { method: methods, searchEpochs, searchFolds, timeout: timeoutMs } = options;
    return withTraining(options, session, async (training) => {
      const images = await training.images.train();
      const folds = options.folds ?? foldCount(images);
      const epochs = epochsOf(options.epochs, training, EPOCHS);
      // Finds what would stop the submissions before the search begins.
      await checkSubmit(training, {
        ...options,
        epochs,
        folds,
        methods: methods.map((id) => defaults(id, training.model)),
      });
      const outcomes = await searchAll(
        training,
        {
          ...options,
          name: undefined,
          lag: 'growing',
          methods,
          epochs: searchEpochs,
          folds: searchFolds ?? foldCount(images, SEARCH_FOLDS),
          timeoutMs,
        },
        session,
      );
      const chosen = methods.map((id) => found(id, training.model, outcomes[id]));
      const { json, text } = submissionReport(
        await trainAndSubmit(training, { ...options, epochs, folds, methods: chosen }, session),
      );
      return {
        json: { ...json, search: searchJson(outcomes) },
        text,
        problem: movedInWords(outcomes, options.storage),
      };
    });
  },
});

/** The best parameters of this search, or the defaults if no trial is complete. */
function found(id: MethodName, model: ModelName, { study, best }: SearchOutcome): ChosenParameters {
  if (!best) return defaults(id, model);
  return { id, parameters: best.parameters, paramsFrom: `trial ${best.number} of study ${study}`, study };
}
