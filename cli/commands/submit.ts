/** `npm run submit`: trains each method on all folds, predicts the test images, and compares. */
import { UserError } from '../../base/user-error.ts';
import { defineCommand } from '../command.ts';
import { foldCount } from '../../data/index.ts';
import { imageNotes } from '../competition.ts';
import { chooseParameters } from '../parameters.ts';
import { submissionReport, trainAndSubmit } from '../submissions.ts';
import { epochsOf, withTraining } from '../training.ts';
import { LARGEST_COUNT, optional } from '../option.ts';
import { holdoutShare, someText, wholeNumber } from '../option-parsers.ts';
import { fix } from '../search-options.ts';
import { MOST_FOLDS, shared, USUAL_CONFIDENCE, USUAL_EPOCHS } from '../options.ts';

/** `--folds 1` trains the first fold of so many. */
const ONE_FOLD = 10;
const WITHOUT_TEST =
  'methods are compared on folds, and the submissions have no rows. Add `test` to its description once there are some.';

export const submit = defineCommand({
  name: 'submit',
  summary: 'train, write the submissions, and compare the methods',
  options: {
    ...shared('competition', 'dataDir', 'skipBroken', 'model', 'method'),
    params: optional({
      flags: '--params <source>',
      description: 'which parameters: "best" (of the search), "default", or a JSON file',
      parse: someText,
      shownFallback: 'best if there was a search, else default',
    }),
    trial: optional({
      flags: '--trial <n>',
      description: 'number of the trial of the search whose parameters are used; needs one method',
      parse: wholeNumber(0, LARGEST_COUNT),
      shownFallback: 'the best by the score',
    }),
    study: optional({
      flags: '--study <name>',
      description: 'whole name of the study whose parameters are used; needs one method',
      parse: someText,
      shownFallback: 'the one with the longest training, of equals the newest',
    }),
    fix: { ...fix, description: 'parameters with a fixed value, in place of that of --params' },
    ...shared('epochs'),
    folds: {
      ...shared('folds').folds,
      description: 'folds of the cross-validation; 1 is --holdout 0.1',
      parse: wholeNumber(1, MOST_FOLDS),
    },
    trainFolds: optional({
      flags: '--train-folds <k>',
      description: 'train the first k of the folds alone: scores out of fold are then those of their images',
      parse: wholeNumber(1, MOST_FOLDS),
      shownFallback: 'all',
    }),
    holdout: optional({
      flags: '--holdout <share>',
      description:
        'train once, on all images but this share, which gives the score: 0.1 is the first of 10 folds (instead of --folds and --train-folds)',
      parse: holdoutShare,
      shownFallback: 'none',
    }),
    ...shared(
      'workers',
      'engine',
      'seed',
      'tta',
      'pseudoLabels',
      'confidence',
      'solution',
      'probabilities',
      'outDir',
      'name',
      'tag',
      'restart',
      'storage',
    ),
  },
  examples: [
    ['', 'with the best parameters found so far'],
    ['--params default --method swa', 'one method with its default parameters'],
    ['--params best.json --solution solution.csv', 'parameters from a file, scored with known labels'],
    ['--fix batchSize=64,augment=digits', 'with two other parameters'],
    ['--method swa --trial 12', 'another trial of the search, such as a fast one of its front'],
    ['--method swa --study my-study --trial 3', 'a trial of another study'],
    ['--method swa --probabilities', 'also write tables of probabilities'],
    ['--method swa --tta 8', 'with test-time augmentation: the mean over each image and 8 changed views of it'],
    [
      '--method swa --pseudo-labels',
      'also learn from test images of which a first training is sure; takes twice as long',
    ],
    ['--model deep-cnn --method plain --holdout 0.1', 'one long training, with a tenth of the images held out'],
    ['--epochs 20 --folds 10 --name longer --tag cnn,try', 'a shorter training on more folds, with a name and tags'],
  ],
  stopped: 'Nothing was submitted, and finished folds are kept; start again with',
  async run({ pseudoLabels: isTwice, confidence, ...options }, session) {
    if (confidence !== undefined && !isTwice) {
      throw new UserError('Expected --pseudo-labels beside --confidence, got it alone. Add it, or leave both out.');
    }
    const pseudoLabels = isTwice ? (confidence ?? USUAL_CONFIDENCE) : undefined;
    return withTraining(options, session, async (training) => {
      const { competition } = training;
      const images = await training.images.train();
      const { folds, trainFolds } = foldsOf(options, foldCount(images));
      for (const note of imageNotes(images, folds, competition)) session.progress.note(note);
      if (competition.files.test.length === 0)
        session.progress.note(`${competition.id} has no test images: ${WITHOUT_TEST}`);
      const query = {
        source: options.params,
        fix: options.fix,
        methods: options.method,
        competition: competition.id,
        model: training.model,
        storage: options.storage,
        trial: options.trial,
        study: options.study,
        images,
        signal: session.signal,
      };
      const methods = await chooseParameters(query, session.progress);
      const epochs = epochsOf(options.epochs, training, USUAL_EPOCHS);
      return submissionReport(
        await trainAndSubmit(training, { ...options, epochs, pseudoLabels, folds, trainFolds, methods }, session),
      );
    });
  },
});

/** @throws UserError unless a holdout stands alone, or the trained folds are some of the folds */
function foldsOf(
  { folds: given, trainFolds, holdout }: { folds?: number; trainFolds?: number; holdout?: number },
  usual: number,
): { folds: number; trainFolds?: number } {
  if (holdout !== undefined) {
    if (given !== undefined || trainFolds !== undefined)
      throw new UserError(
        'Expected --holdout, or --folds and --train-folds, got both: leave one of them out, also of the kept options.',
      );
    return { folds: Math.round(1 / holdout), trainFolds: 1 };
  }
  if (given === 1 && trainFolds === undefined) return { folds: ONE_FOLD, trainFolds: 1 };
  const folds = given ?? usual;
  if (trainFolds !== undefined && trainFolds > folds)
    throw new UserError(
      `Expected --train-folds to be at most the ${folds} folds, got ${trainFolds}. Raise --folds, or lower it.`,
    );
  return trainFolds === undefined || trainFolds === folds ? { folds } : { folds, trainFolds };
}
