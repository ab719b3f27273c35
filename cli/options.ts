/** Options that several commands share. An option of one command stands in the file of that command. */
import { checkedName } from '../base/checked-name.ts';
import { competitions, findCompetition, MOST_FOLDS, USUAL_FOLDS } from '../data/index.ts';
import { AUTO, modelChoice, modelNames } from '../models/index.ts';
import { defaultWorkers, type MethodName, methodNames, MOST_VIEWS } from '../pipeline/index.ts';
import { type PrunerName, pruners, samplers, type SamplerName } from '../search/index.ts';
import { LARGEST_COUNT, option, optional, type OptionValues, toggle } from './option.ts';
import {
  duration,
  methodList,
  noFile,
  oneOf,
  probability,
  someText,
  storagePlace,
  tagList,
  wholeNumber,
} from './option-parsers.ts';

/** More threads than any machine has cores only fill the memory. */
const MOST_WORKERS = 512;

/** Epochs of a training where neither a person nor the model says how many. */
export const USUAL_EPOCHS = 50;

/** Methods that are compared where nobody names any. */
export const USUAL_METHODS: readonly MethodName[] = ['swa', 'plain'];

export const USUAL_SEED = 1;

/** How sure a network must be of a pseudo-label. */
export const USUAL_CONFIDENCE = 0.95;

/** For commands that list all competitions unless one is named. */
export const anyCompetition = optional({
  flags: '--competition <id>',
  description: `only this competition: ${competitions.map(({ id }) => id).join(', ')}`,
  parse: (text) => findCompetition(text),
  shownFallback: 'all',
});

const definitions = {
  competition: optional({
    flags: '--competition <id>',
    description: `the data: the name of a competition, or its description (a .json file): ${competitions.map(({ id }) => id).join(', ')}`,
    parse: (text) => findCompetition(text),
    shownFallback: 'digit-recognizer if you have its files, else synthetic-digits',
  }),
  dataDir: optional({
    flags: '--data-dir <folder>',
    description: "folder with the competition's files: plain, .gz, or Kaggle's .zip",
    parse: noFile,
    shownFallback: 'data/raw/<competition>',
  }),
  model: option({
    flags: '--model <id>',
    description: `network: ${AUTO} (by the size and the number of the images), ${modelNames.join(', ')}`,
    parse: modelChoice,
    fallback: AUTO,
  }),
  method: option({
    flags: '--method <ids>',
    description: `training methods, separated by commas: ${methodNames.join(', ')}`,
    parse: methodList,
    fallback: USUAL_METHODS,
    shownFallback: USUAL_METHODS.join(','),
  }),
  trials: option({
    flags: '--trials <n>',
    description: 'number of finished trials that each study gets; trials of earlier searches count',
    parse: wholeNumber(1, LARGEST_COUNT),
    fallback: 20,
  }),
  epochs: optional({
    flags: '--epochs <n>',
    description: 'epochs of each training',
    parse: wholeNumber(1, LARGEST_COUNT),
    shownFallback: `those of the model if it has its own, else ${USUAL_EPOCHS}`,
  }),
  folds: optional({
    flags: '--folds <n>',
    description: 'folds of the cross-validation',
    parse: wholeNumber(2, MOST_FOLDS),
    shownFallback: `${USUAL_FOLDS}, or as many as the description gives`,
  }),
  workers: option({
    flags: '--workers <n>',
    description: 'number of threads; scores do not depend on it, but a search may try other parameters',
    parse: wholeNumber(1, MOST_WORKERS),
    fallback: defaultWorkers(),
    shownFallback: `all cores, here ${defaultWorkers()}`,
  }),
  sampler: option({
    flags: '--sampler <name>',
    description: `how the search chooses the next parameters: ${Object.keys(samplers).join(', ')}`,
    parse: oneOf('sampler', Object.keys(samplers) as SamplerName[]),
    fallback: 'auto',
  }),
  pruner: option({
    flags: '--pruner <name>',
    description: `which rule ends bad trials early: ${Object.keys(pruners).join(', ')} (halving and hyperband often end the best trial; they are here for comparison with Optuna)`,
    parse: oneOf('pruner', Object.keys(pruners) as PrunerName[]),
    fallback: 'folds',
  }),
  engine: option({
    flags: '--engine <name>',
    description:
      'what computes the networks: simd (the fastest kernels that this machine has), wasm, native, native-128, native-256, native-512 (kernels of one kind; the same bytes), tfjs, or tfjs:<backend>',
    parse: someText,
    fallback: 'simd',
  }),
  seed: option({
    flags: '--seed <n>',
    description: 'seed of the random numbers; the same seed gives the same bytes on every machine',
    parse: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    fallback: USUAL_SEED,
  }),
  storage: option({
    flags: '--storage <place>',
    description: 'SQLite file with the studies, or a postgres://… address for workers on several machines',
    parse: storagePlace,
    fallback: 'runs/studies.db',
  }),
  timeout: optional({
    flags: '--timeout <time>',
    description: 'stop the search after this time: 90s, 30m or 2h, for example',
    parse: duration,
    shownFallback: 'none',
  }),
  patienceTrials: optional({
    flags: '--patience-trials <n>',
    description: 'stop when so many trials in a row brought nothing better',
    parse: wholeNumber(1, LARGEST_COUNT),
    shownFallback: 'never',
  }),
  prior: optional({
    flags: '--prior <study>',
    description:
      'another study in the storage whose trials the sampler learns from too, such as that of another method or of a part of the images: its name, or a part of it; for the samplers auto, gp, tpe and tpe-joint',
    parse: someText,
    shownFallback: 'none, or that of the stored study',
  }),
  solution: optional({
    flags: '--solution <file>',
    description:
      'file with the true labels of the test images, to score the submissions (columns ImageId, Label and, if known, Usage)',
    parse: someText,
    shownFallback: "the competition's own, if it has one",
  }),
  probabilities: toggle(
    '--probabilities',
    'also write the probabilities of all classes as tables: for the test images, and out-of-fold for the training images',
  ),
  tta: optional({
    flags: '--tta <n>',
    description:
      'test-time augmentation: predict n changed views of each image too, and take the mean (changes as in the training, half as strong; half of the preset digits where the training has none)',
    parse: wholeNumber(1, MOST_VIEWS),
    shownFallback: 'none',
  }),
  pseudoLabels: toggle(
    '--pseudo-labels',
    'train each fold a second time, also on the test images of which its first network is sure; they are never scored',
  ),
  confidence: optional({
    flags: '--confidence <p>',
    description: 'with --pseudo-labels: least probability that the first network gives to the label of a test image',
    parse: probability,
    shownFallback: String(USUAL_CONFIDENCE),
  }),
  restart: toggle('--restart', 'train all folds again, also those that an interrupted submit has kept'),
  outDir: optional({
    flags: '--out-dir <folder>',
    description: 'folder in which each submit gets a folder of its own',
    parse: someText,
    shownFallback: 'submissions/<competition>',
  }),
  name: optional({
    flags: '--name <name>',
    description: 'name of the result',
    parse: checkedName,
    shownFallback: 'made from the time and the settings',
  }),
  tag: option({
    flags: '--tag <words>',
    description: 'tags for the result, separated by commas',
    parse: tagList,
    fallback: [],
    shownFallback: 'none',
  }),
  run: optional({
    flags: '--run <name>',
    description: 'which run: a method (its newest run), the name of a run or a part of it, or a folder',
    parse: someText,
    shownFallback: 'the newest',
  }),
  top: optional({
    flags: '--top <n>',
    description: 'show only the first n',
    parse: wholeNumber(1, LARGEST_COUNT),
    shownFallback: 'all',
  }),
  quick: toggle('--quick', 'use fewer images, epochs and seeds, for a first impression'),
  skipBroken: toggle(
    '--skip-broken',
    'leave out training images that cannot be read, and take a black image for such a test image',
  ),
  force: toggle('--force', 'replace the file if it exists'),
  yes: toggle('--yes', 'do not ask for confirmation'),
  open: toggle('--open', 'show the page in the browser'),
};

export type SharedValues = OptionValues<typeof definitions>;

/** The options with these names, in this order. */
export const shared = <Name extends keyof SharedValues>(...names: readonly Name[]): Pick<typeof definitions, Name> =>
  Object.fromEntries(names.map((name) => [name, definitions[name]])) as Pick<typeof definitions, Name>;
