/** `npm run submit`: trains each method on all folds, predicts the test images, and compares. */
import { loadTrain } from '../../data/index.ts';
import { defineCommand } from '../command.ts';
import { chooseParameters } from '../parameters.ts';
import { submissionReport, trainAndSubmit } from '../submissions.ts';
import { withTraining } from '../training.ts';

export const submit = defineCommand({
  name: 'submit',
  summary: 'train, write the submissions, and compare the methods',
  options: [
    'competition',
    'dataDir',
    'model',
    'method',
    'params',
    'epochs',
    'folds',
    'workers',
    'engine',
    'seed',
    'solution',
    'outDir',
    'name',
    'tag',
    'storage',
  ],
  examples: [
    ['', 'with the best parameters found so far'],
    ['--params default --method swa', 'one method, without a search'],
    ['--params best.json --solution solution.csv', 'parameters from a file, scored on known answers'],
    ['--epochs 20 --folds 10 --name longer --tag cnn,try', 'other training, with a name and tags of your own'],
  ],
  stopped: 'Nothing was submitted; start again with',
  async run(options, session) {
    return withTraining(options, session, async (training) => {
      const query = {
        source: options.params,
        methods: options.method,
        competition: training.competition.id,
        model: options.model,
        storage: options.storage,
        images: await loadTrain(training.competition, options),
        signal: session.signal,
      };
      const methods = await chooseParameters(query, session.progress);
      return submissionReport(await trainAndSubmit(training, { ...options, methods }, session));
    });
  },
});
