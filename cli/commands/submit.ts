/** `npm run submit`: trains each method on all folds, predicts the test images, and compares. */
import { UserError } from '../../base/user-error.ts';
import { defineCommand, type Session } from '../command.ts';
import { type Competition, foldCount, MOST_FOLDS } from '../../data/index.ts';
import { AUTO } from '../../models/index.ts';
import { imageNotes } from '../competition.ts';
import { chooseParameters } from '../parameters.ts';
import { submissionReport, trainAndSubmit } from '../submissions.ts';
import { submitWithin } from '../budget/submit-within.ts';
import { epochsOf, withGround, withTraining } from '../training.ts';
import { LARGEST_COUNT, optional, toggle, unlessGiven } from '../option.ts';
import { duration, holdoutShare, someText, wholeNumber } from '../option-parsers.ts';
import { fix } from '../search-options.ts';
import { shared, USUAL_CONFIDENCE, USUAL_EPOCHS, USUAL_METHODS, USUAL_SEED } from '../options.ts';

/** `--folds 1` trains the first fold of so many. */
const ONE_FOLD = 10;

export const submit = defineCommand({
  name: 'submit',
  summary: 'train, write the submissions, and compare the methods',
  options: {
    ...shared('competition', 'dataDir', 'skipBroken'),
    budget: optional({
      flags: '--budget <time>',
      description: 'make the best of a time, such as 90s, 20m or 1h30m: train the members of a recipe and blend them',
      parse: duration,
      shownFallback: 'none',
    }),
    recipe: optional({
      flags: '--recipe <name>',
      description: 'what --budget trains: the name of a recipe, or a file (.json); a plan needs no --budget',
      parse: someText,
      shownFallback: 'chosen by the images and the budget',
    }),
    dryRun: toggle('--dry-run', 'show the plan of --budget, and train nothing'),
    model: unlessGiven(shared('model').model, AUTO),
    method: unlessGiven(shared('method').method, USUAL_METHODS.join(',')),
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
    averages: toggle('--averages', 'also score the last weights, their EMA and their SWA, all of the same training'),
    ...shared('workers', 'engine'),
    seed: unlessGiven(shared('seed').seed, '1'),
    ...shared(
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
    ['--budget 20m', 'the best score in 20 minutes: several networks, blended'],
    ['--budget 8h --dry-run', 'show what would be trained in 8 hours'],
    ['--params default --method swa', 'one method with its default parameters'],
    ['--params best.json --solution solution.csv', 'parameters from a file, scored with known labels'],
    ['--fix batchSize=64,augment=digits', 'with two other parameters'],
    ['--method swa --trial 12', 'another trial of the search, such as a fast one of its front'],
    ['--method swa --study my-study --trial 3', 'a trial of another study'],
    ['--method swa --probabilities', 'also write tables of probabilities'],
    ['--method swa --averages', 'also say how the last weights and their EMA score, from one training'],
    ['--method swa --tta 8', 'with test-time augmentation: the mean over each image and 8 changed views of it'],
    [
      '--method swa --pseudo-labels',
      'also learn from test images of which a first training is sure; takes twice as long',
    ],
    ['--model deep-cnn --method plain --holdout 0.1', 'one long training, with a tenth of the images held out'],
    ['--epochs 20 --folds 10 --name longer --tag cnn,try', 'a shorter training on more folds, with a name and tags'],
  ],
  stopped: ({ budget, recipe }) =>
    budget === undefined && recipe === undefined
      ? 'Nothing was submitted, and finished folds are kept; start again with'
      : 'What is submitted so far stays; go on with what is left, by',
  async run({ pseudoLabels: isTwice, confidence, budget, recipe, dryRun, ...options }, session) {
    const startedAt = performance.now();
    if (budget !== undefined || recipe !== undefined) {
      expectDecidedByRecipe({
        ...options,
        averages: options.averages || undefined,
        pseudoLabels: isTwice || undefined,
        confidence,
      });
      return withGround(options, session, async (ground) => {
        noteWithoutTest(ground.competition, session);
        const given = foldsOf(options, undefined);
        return submitWithin({ ...options, ...given, budget, recipe, dryRun }, ground, session, startedAt);
      });
    }
    if (dryRun)
      throw new UserError('Expected --budget beside --dry-run, got it alone. Add a time, such as --budget 20m.');
    if (confidence !== undefined && !isTwice) {
      throw new UserError('Expected --pseudo-labels beside --confidence, got it alone. Add it, or leave both out.');
    }
    const pseudoLabels = isTwice ? (confidence ?? USUAL_CONFIDENCE) : undefined;
    const model = options.model ?? AUTO;
    const methodNames = options.method ?? USUAL_METHODS;
    const seed = options.seed ?? USUAL_SEED;
    return withTraining({ ...options, model }, session, async (training) => {
      const { competition } = training;
      const images = await training.images.train();
      const { folds, trainFolds } = foldsOf(options, foldCount(images));
      const test = await training.images.test();
      for (const note of imageNotes(images, folds, competition, test)) session.progress.note(note);
      noteWithoutTest(competition, session);
      const query = {
        source: options.params,
        fix: options.fix,
        methods: methodNames,
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
        await trainAndSubmit(training, { ...options, seed, epochs, pseudoLabels, folds, trainFolds, methods }, session),
      );
    });
  },
});

function noteWithoutTest({ id, files }: Competition, { progress }: Session): void {
  if (files.test.length > 0) return;
  progress.note(
    `${id} has no test images: methods are compared on folds, and the submissions have no rows. ` +
      'Add `test` to its description once there are some.',
  );
}

/** What --budget takes from the recipe; the names are those of the options. */
const byRecipe = ['model', 'method', 'params', 'trial', 'study', 'fix', 'epochs'] as const;
/** What no recipe can ask for. */
const beyondRecipes = ['averages', 'pseudoLabels', 'confidence'] as const;
type Refused = (typeof byRecipe | typeof beyondRecipes)[number];

/** @throws UserError if a person has decided what a recipe decides, or wants what no recipe does */
function expectDecidedByRecipe(given: Readonly<Partial<Record<Refused, unknown>>>): void {
  const isGiven = (option: Refused): boolean => given[option] !== undefined;
  const expected = (option: string, why: string): UserError =>
    new UserError(
      `Expected --budget or --recipe without --${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}, ${why}`,
    );
  const decided = byRecipe.find(isGiven);
  if (decided !== undefined)
    throw expected(
      decided,
      'since the recipe decides it. Leave it out, also of the kept options, or write a recipe of your own (docs/best-score.md).',
    );
  const beyond = beyondRecipes.find(isGiven);
  if (beyond !== undefined)
    throw expected(beyond, 'which recipes do not have. Leave it out, also of the kept options.');
}

/** @throws UserError unless a holdout stands alone, or the trained folds are some of the folds */
function foldsOf<Usual>(
  { folds: given, trainFolds, holdout }: { folds?: number; trainFolds?: number; holdout?: number },
  usual: Usual,
): { readonly folds: number | Usual; readonly trainFolds?: number } {
  if (holdout !== undefined) {
    if (given !== undefined || trainFolds !== undefined)
      throw new UserError(
        'Expected --holdout, or --folds and --train-folds, got both: leave one of them out, also of the kept options.',
      );
    return { folds: Math.round(1 / holdout), trainFolds: 1 };
  }
  if (given === 1) {
    if ((trainFolds ?? 1) === 1) return { folds: ONE_FOLD, trainFolds: 1 };
    throw new UserError(
      `Expected --train-folds beside two folds or more, got it beside --folds 1, which holds a tenth of the images out. Raise --folds to ${trainFolds} at least, or leave --train-folds out.`,
    );
  }
  const folds: number | Usual = given ?? usual;
  if (trainFolds !== undefined && typeof folds === 'number' && trainFolds > folds)
    throw new UserError(
      `Expected --train-folds to be at most the ${folds} folds, got ${trainFolds}. Raise --folds, or lower it.`,
    );
  return trainFolds === undefined || trainFolds === folds ? { folds } : { folds, trainFolds };
}
