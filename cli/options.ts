/** The options that several commands have; one that a single command has stands in its file. */
import { checkedName } from '../base/checked-name.ts';
import { competitions, findCompetition } from '../data/index.ts';
import { modelName, modelNames } from '../models/index.ts';
import { defaultWorkers, methodNames } from '../pipeline/index.ts';
import { type PrunerName, pruners, samplers, type SamplerName } from '../search/index.ts';
import { LARGEST_COUNT, option, optional, type OptionValues, toggle } from './option.ts';
import { duration, methodList, noFile, oneOf, someText, storagePlace, tagList, wholeNumber } from './option-parsers.ts';

/** Most folds that a split can have. */
export const MOST_FOLDS = 256;
/** More threads than any machine has cores only fill the memory. */
const MOST_WORKERS = 512;

/** For commands that list all competitions unless one is named. */
export const anyCompetition = optional({
  flags: '--competition <id>',
  description: `show one competition: ${competitions.map(({ id }) => id).join(', ')}`,
  parse: (text) => findCompetition(text),
  shownFallback: 'all',
});

const definitions = {
  competition: optional({
    flags: '--competition <id>',
    description: `data to work on, by name or as a description (a .json file): ${competitions.map(({ id }) => id).join(', ')}`,
    parse: (text) => findCompetition(text),
    shownFallback: 'digit-recognizer if you have its files, else synthetic-digits',
  }),
  dataDir: optional({
    flags: '--data-dir <folder>',
    description: "folder with the competition's files, plain, .gz or in Kaggle's .zip",
    parse: noFile,
    shownFallback: 'data/raw/<competition>',
  }),
  model: option({
    flags: '--model <id>',
    description: `network: ${modelNames.join(', ')}`,
    parse: modelName,
    fallback: 'digit-cnn',
  }),
  method: option({
    flags: '--method <ids>',
    description: `training methods, separated by commas: ${methodNames.join(', ')}`,
    parse: methodList,
    fallback: ['swa', 'plain'],
    shownFallback: 'swa,plain',
  }),
  trials: option({
    flags: '--trials <n>',
    description: 'finished trials that each study shall have, those of earlier runs included',
    parse: wholeNumber(1, LARGEST_COUNT),
    fallback: 20,
  }),
  epochs: option({
    flags: '--epochs <n>',
    description: 'epochs of each training',
    parse: wholeNumber(1, LARGEST_COUNT),
    fallback: 50,
  }),
  folds: option({
    flags: '--folds <n>',
    description: 'folds of the cross-validation',
    parse: wholeNumber(2, MOST_FOLDS),
    fallback: 5,
  }),
  workers: option({
    flags: '--workers <n>',
    description: 'threads; no result depends on their number, but which parameters a search tries does',
    parse: wholeNumber(1, MOST_WORKERS),
    fallback: defaultWorkers(),
    shownFallback: `all cores, here ${defaultWorkers()}`,
  }),
  sampler: option({
    flags: '--sampler <name>',
    description: `how the search picks its next point: ${Object.keys(samplers).join(', ')}`,
    parse: oneOf('sampler', Object.keys(samplers) as SamplerName[]),
    fallback: 'auto',
  }),
  pruner: option({
    flags: '--pruner <name>',
    description: `what ends hopeless trials early: ${Object.keys(pruners).join(', ')} (halving and hyperband, for comparison with Optuna, often end the best trial)`,
    parse: oneOf('pruner', Object.keys(pruners) as PrunerName[]),
    fallback: 'folds',
  }),
  engine: option({
    flags: '--engine <name>',
    description:
      'what computes: simd (our kernels, the fastest that are here), wasm, native, native-128, native-256, native-512 (these kernels: the same bytes), tfjs, or tfjs:<backend>',
    parse: someText,
    fallback: 'simd',
  }),
  seed: option({
    flags: '--seed <n>',
    description: 'the same seed gives the same bytes on every machine',
    parse: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    fallback: 1,
  }),
  storage: option({
    flags: '--storage <place>',
    description: 'SQLite file that keeps the studies, or postgres://… for workers on many machines',
    parse: storagePlace,
    fallback: 'runs/studies.db',
  }),
  timeout: optional({
    flags: '--timeout <time>',
    description: 'stop the search after this time, for example 90s, 30m or 2h',
    parse: duration,
    shownFallback: 'none',
  }),
  solution: optional({
    flags: '--solution <file>',
    description: 'true labels of test images (ImageId,Label and perhaps Usage), to score the submissions',
    parse: someText,
    shownFallback: "the competition's own, if it has one",
  }),
  probabilities: toggle(
    '--probabilities',
    'also write tables of the probabilities of all classes: of the test images, and out of fold',
  ),
  restart: toggle('--restart', 'train all folds again, also those that an interrupted submit has kept'),
  outDir: optional({
    flags: '--out-dir <folder>',
    description: 'where the folder of the submit goes',
    parse: someText,
    shownFallback: 'submissions/<competition>',
  }),
  name: optional({
    flags: '--name <name>',
    description: 'what to call it',
    parse: checkedName,
    shownFallback: 'made of the time and the settings',
  }),
  tag: option({
    flags: '--tag <words>',
    description: 'tags to keep beside it, separated by commas',
    parse: tagList,
    fallback: [],
    shownFallback: 'none',
  }),
  run: optional({
    flags: '--run <name>',
    description: 'run: a method (its newest run), the name of a run or a part of it, or a folder',
    parse: someText,
    shownFallback: 'the newest',
  }),
  top: optional({
    flags: '--top <n>',
    description: 'show the first n of them',
    parse: wholeNumber(1, LARGEST_COUNT),
    shownFallback: 'all',
  }),
  quick: toggle('--quick', 'fewer images, epochs and seeds: what it shows is a first impression'),
  skipBroken: toggle('--skip-broken', 'leave out image files that cannot be read; test images become black'),
  force: toggle('--force', 'replace the file if it is there'),
  yes: toggle('--yes', 'do not ask'),
  open: toggle('--open', 'show it in the browser'),
};

export type SharedValues = OptionValues<typeof definitions>;

/** Those of these names, in this order. */
export const shared = <Name extends keyof SharedValues>(...names: readonly Name[]): Pick<typeof definitions, Name> =>
  Object.fromEntries(names.map((name) => [name, definitions[name]])) as Pick<typeof definitions, Name>;
