/** Every option of every command, defined once: its flag, its help, and how its text becomes a checked value. */
import { Option } from 'commander';
import { type MetricName, metricNames, type Normalisation, normalisations } from '../analysis/index.ts';
import { type Competition, digitRecognizer, competitions, findCompetition } from '../data/index.ts';
import { findModel, models, findFormat, type Format, formatNames } from '../models/index.ts';
import { UserError } from '../base/user-error.ts';
import { methods, defaultWorkers } from '../pipeline/index.ts';
import {
  type Params,
  type SearchSpace,
  type PrunerName,
  pruners,
  importanceMethods,
  type ImportanceMethodName,
  exporters,
  type ExportFormat,
  samplers,
  type SamplerName,
} from '../search/index.ts';
import { type LeaderboardOrder, leaderboardOrders } from '../submissions/index.ts';
import {
  duration,
  methodList,
  nameList,
  noFile,
  oneOf,
  positive,
  share,
  someText,
  storagePlace,
  webAddress,
  wholeNumber,
} from './option-parsers.ts';
import { type EnqueuedTrials, enqueuedTrials, fixedParameters, searchSpace } from './search-options.ts';

export interface OptionValues {
  competition: Competition | undefined;
  dataDir: string | undefined;
  /** Ends with a slash. */
  mirror: string | undefined;
  model: string;
  /** At least one, each once. */
  method: readonly string[];
  params: string | undefined;
  trials: number;
  joinedTrials: number | undefined;
  searchEpochs: number;
  searchFolds: number;
  epochs: number;
  folds: number;
  workers: number;
  sampler: SamplerName;
  pruner: PrunerName;
  space: SearchSpace | undefined;
  fix: Params | undefined;
  study: string | undefined;
  enqueue: EnqueuedTrials | undefined;
  engine: string;
  seed: number;
  storage: string;
  timeout: number | undefined;
  solution: string | undefined;
  outDir: string | undefined;
  run: string | undefined;
  fold: number | undefined;
  format: Format;
  out: string | undefined;
  reportOut: string | undefined;
  analysisOut: string | undefined;
  importance: ImportanceMethodName;
  sort: TrialOrder;
  top: number | undefined;
  exportFormat: ExportFormat;
  exportFile: string | undefined;
  force: boolean;
  yes: boolean;
  /** As a share. */
  add: number | undefined;
  submission: string | undefined;
  leaderboardSort: LeaderboardOrder;
  leaderboardCompetition: Competition | undefined;
  kaggleCompetition: Competition;
  message: string | undefined;
  dryRun: boolean;
  seeds: number | undefined;
  quick: boolean;
  port: number;
  open: boolean;
  token: boolean;
  runs: readonly string[];
  images: number | undefined;
  points: number | undefined;
  metric: MetricName;
  directions: Normalisation;
  rays: number;
  radius: number | undefined;
  curveEpochs: number;
  through: PlaneKind;
}

export type TrialOrder = (typeof trialOrders)[number];
const trialOrders = ['number', 'value'] as const;

export type PlaneKind = (typeof planeKinds)[number];
const planeKinds = ['pca', 'points'] as const;

export type OptionName = keyof OptionValues;

interface Definition<T> {
  readonly flags: string;
  readonly description: string;
  /** @param flag the option's name, for the message @throws UserError naming what was expected and what came */
  readonly parse: (text: string, flag: string) => T;
  readonly fallback: T;
  /** What the help says instead of the value. */
  readonly shownFallback?: string;
}

const LARGEST_COUNT = 100_000;
/** As many as a split can have. */
const MOST_FOLDS = 256;
/** More threads than any machine has cores only fill the memory. */
const MOST_WORKERS = 512;
const definitions: { readonly [Name in OptionName]: Definition<OptionValues[Name]> } = {
  competition: {
    flags: '--competition <id>',
    description: `data to work on: ${competitions.map(({ id }) => id).join(', ')}`,
    parse: (text) => findCompetition(text),
    fallback: undefined,
    shownFallback: 'digit-recognizer if you have its files, else synthetic-digits',
  },
  dataDir: {
    flags: '--data-dir <folder>',
    description: "folder with the competition's files, plain, .gz or in Kaggle's .zip",
    parse: noFile,
    fallback: undefined,
    shownFallback: 'data/raw/<competition>',
  },
  mirror: {
    flags: '--mirror <address>',
    description: 'download public files from there; whatever comes is checked',
    parse: webAddress,
    fallback: undefined,
    shownFallback: 'their known public mirrors',
  },
  model: {
    flags: '--model <id>',
    description: `network: ${Object.keys(models).join(', ')}`,
    parse: (text) => {
      findModel(text);
      return text;
    },
    fallback: 'digit-cnn',
  },
  method: {
    flags: '--method <ids>',
    description: `training methods, separated by commas: ${Object.keys(methods).join(', ')}`,
    parse: methodList,
    fallback: ['swa', 'plain'],
    shownFallback: 'swa,plain',
  },
  params: {
    flags: '--params <source>',
    description: '"best" of the search, "default", or a JSON file with parameters',
    parse: someText,
    fallback: undefined,
    shownFallback: 'best if there was a search, else default',
  },
  trials: {
    flags: '--trials <n>',
    description: 'finished trials that each study shall have, those of earlier runs included',
    parse: wholeNumber(1, LARGEST_COUNT),
    fallback: 20,
  },
  joinedTrials: {
    flags: '--trials <n>',
    description: 'finished trials of the study at which this worker stops',
    parse: wholeNumber(1, LARGEST_COUNT),
    fallback: undefined,
    shownFallback: 'as many as the search wants',
  },
  searchEpochs: {
    flags: '--search-epochs <n>',
    description: 'epochs of each training of the search',
    parse: wholeNumber(1, LARGEST_COUNT),
    fallback: 50,
  },
  searchFolds: {
    flags: '--search-folds <n>',
    description: 'folds of the cross-validation of each trial',
    parse: wholeNumber(2, MOST_FOLDS),
    fallback: 5,
  },
  epochs: {
    flags: '--epochs <n>',
    description: 'epochs of each training',
    parse: wholeNumber(1, LARGEST_COUNT),
    fallback: 50,
  },
  folds: {
    flags: '--folds <n>',
    description: 'folds of the cross-validation',
    parse: wholeNumber(2, MOST_FOLDS),
    fallback: 5,
  },
  workers: {
    flags: '--workers <n>',
    description: 'threads; the results do not depend on their number',
    parse: wholeNumber(1, MOST_WORKERS),
    fallback: defaultWorkers(),
    shownFallback: `all cores, here ${defaultWorkers()}`,
  },
  sampler: {
    flags: '--sampler <name>',
    description: `how the search picks its next point: ${Object.keys(samplers).join(', ')}`,
    parse: oneOf('sampler', Object.keys(samplers) as SamplerName[]),
    fallback: 'auto',
  },
  pruner: {
    flags: '--pruner <name>',
    description: `what ends hopeless trials early: ${Object.keys(pruners).join(', ')}`,
    parse: oneOf('pruner', Object.keys(pruners) as PrunerName[]),
    fallback: 'folds',
  },
  space: {
    flags: '--space <json>',
    description: 'what is searched: the distribution of each parameter as JSON, or a file with it',
    parse: searchSpace,
    fallback: undefined,
    shownFallback: 'that of the method',
  },
  fix: {
    flags: '--fix <name=value,...>',
    description: 'parameters that are not searched, with their values',
    parse: fixedParameters,
    fallback: undefined,
    shownFallback: 'none',
  },
  enqueue: {
    flags: '--enqueue <json>',
    description: 'parameters of a trial to begin with, or a list of such; published names and exponents are converted',
    parse: enqueuedTrials,
    fallback: undefined,
    shownFallback: 'the defaults of the method',
  },
  study: {
    flags: '--study <name>',
    description: 'name of the study, or a part of it',
    parse: someText,
    fallback: undefined,
    shownFallback: 'the one used last',
  },
  engine: {
    flags: '--engine <name>',
    description:
      'what computes: simd (our kernels, the fastest that are here), wasm, native, native-128, native-256, native-512 (these kernels: the same bytes), tfjs, or tfjs:<backend>',
    parse: someText,
    fallback: 'simd',
  },
  seed: {
    flags: '--seed <n>',
    description: 'the same seed gives the same bytes on every machine',
    parse: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    fallback: 1,
  },
  storage: {
    flags: '--storage <place>',
    description: 'SQLite file that keeps the studies, or postgres://… for workers on many machines',
    parse: storagePlace,
    fallback: 'runs/studies.db',
  },
  timeout: {
    flags: '--timeout <time>',
    description: 'stop the search after this time, for example 90s, 30m or 2h',
    parse: duration,
    fallback: undefined,
    shownFallback: 'none',
  },
  solution: {
    flags: '--solution <file>',
    description: 'true labels of test images (ImageId,Label and perhaps Usage), to score the submissions',
    parse: someText,
    fallback: undefined,
    shownFallback: "the competition's own, if it has one",
  },
  outDir: {
    flags: '--out-dir <folder>',
    description: 'where the submissions and their comparison go',
    parse: someText,
    fallback: undefined,
    shownFallback: 'submissions/<competition>',
  },
  run: {
    flags: '--run <name>',
    description: 'run: a method (its newest run), the name of a run or a part of it, or a folder',
    parse: someText,
    fallback: undefined,
    shownFallback: 'the newest',
  },
  fold: {
    flags: '--fold <n>',
    description: 'one fold of the run, counted from 1',
    parse: wholeNumber(1, LARGEST_COUNT),
    fallback: undefined,
    shownFallback: 'all',
  },
  format: {
    flags: '--format <name>',
    description: `form of the exported models: ${formatNames.join(', ')}`,
    parse: findFormat,
    fallback: 'tfjs',
  },
  out: {
    flags: '--out <folder>',
    description: 'where the exported models go',
    parse: someText,
    fallback: undefined,
    shownFallback: 'runs/<id>/<format>',
  },
  reportOut: {
    flags: '--out <folder>',
    description: 'where the folder of the report goes',
    parse: someText,
    fallback: undefined,
    shownFallback: 'runs/reports',
  },
  analysisOut: {
    flags: '--out <folder>',
    description: 'where the folder of the analysis goes',
    parse: someText,
    fallback: undefined,
    shownFallback: 'runs/analysis',
  },
  importance: {
    flags: '--importance <method>',
    description: `how the importance of parameters is measured: ${Object.keys(importanceMethods).join(', ')}`,
    parse: oneOf('importance method', Object.keys(importanceMethods) as ImportanceMethodName[]),
    fallback: 'ped-anova',
  },
  sort: {
    flags: '--sort <order>',
    description: `order of the trials: ${trialOrders.join(', ')} (the best first)`,
    parse: oneOf('order', trialOrders),
    fallback: 'number',
  },
  top: {
    flags: '--top <n>',
    description: 'show the first n of them',
    parse: wholeNumber(1, LARGEST_COUNT),
    fallback: undefined,
    shownFallback: 'all',
  },
  exportFormat: {
    flags: '--format <name>',
    description: `form of the exported study: ${Object.keys(exporters).join(', ')}; csv puts ' before texts that a spreadsheet takes for formulas`,
    parse: oneOf('format', Object.keys(exporters) as ExportFormat[]),
    fallback: 'csv',
  },
  exportFile: {
    flags: '--out <file>',
    description: 'file to write',
    parse: someText,
    fallback: undefined,
    shownFallback: 'print it',
  },
  force: toggle('--force', 'replace the file if it is there'),
  yes: toggle('--yes', 'do not ask'),
  add: {
    flags: '--add <score>',
    description: 'keep the public score that Kaggle showed for --submission, as a share: 0.98742',
    parse: share,
    fallback: undefined,
    shownFallback: 'none',
  },
  submission: {
    flags: '--submission <file>',
    description: 'the CSV that --add is about',
    parse: someText,
    fallback: undefined,
    shownFallback: 'none',
  },
  leaderboardSort: {
    flags: '--sort <column>',
    description: `what decides who comes first: ${Object.keys(leaderboardOrders).join(', ')}`,
    parse: oneOf('column', Object.keys(leaderboardOrders) as LeaderboardOrder[]),
    fallback: 'test',
  },
  leaderboardCompetition: {
    flags: '--competition <id>',
    description: `show one competition: ${competitions.map(({ id }) => id).join(', ')}`,
    parse: (text) => findCompetition(text),
    fallback: undefined,
    shownFallback: 'all',
  },
  kaggleCompetition: {
    flags: '--competition <id>',
    description: 'a competition of Kaggle',
    parse: (text) => findCompetition(text),
    fallback: digitRecognizer,
    shownFallback: digitRecognizer.id,
  },
  message: {
    flags: '-m, --message <text>',
    description: 'what Kaggle shows beside the submission',
    parse: someText,
    fallback: undefined,
    shownFallback: 'method, seed and out-of-fold score of its run',
  },
  dryRun: toggle('--dry-run', 'show what would be sent, and send nothing'),
  seeds: {
    flags: '--seeds <n>',
    description: 'trainings of each arm, one for each of the seeds 1 … n',
    parse: wholeNumber(1, LARGEST_COUNT),
    fallback: undefined,
    shownFallback: 'as many as the experiment says',
  },
  port: {
    flags: '--port <n>',
    description: 'port of this machine; the next free one if it is taken, 0 for any',
    parse: wholeNumber(0, 65_535),
    fallback: 4400,
  },
  quick: toggle('--quick', 'fewer images, epochs and seeds: what it shows is a first impression'),
  open: toggle('--open', 'show it in the browser'),
  token: {
    flags: '--no-token',
    description: 'let every user of this machine keep notes, not only who has the address',
    parse: () => false,
    fallback: true,
  },
  runs: {
    flags: '--runs <list>',
    description:
      'solutions: a method (its newest run), a run or a part of its name, or a folder; with @2 of fold 2, with @2.3 its third',
    parse: nameList,
    fallback: ['swa', 'plain'],
    shownFallback: 'swa,plain',
  },
  images: {
    flags: '--images <n>',
    description: 'training images, and at most as many test images, on which points are compared',
    parse: wholeNumber(1, LARGEST_COUNT),
    fallback: undefined,
    shownFallback: '8192, 1024 with --quick',
  },
  points: {
    flags: '--points <n>',
    description: 'points along each axis',
    parse: wholeNumber(3, 1001),
    fallback: undefined,
    shownFallback: '41, 11 with --quick',
  },
  metric: {
    flags: '--metric <name>',
    description: `what the figure shows: ${metricNames.join(', ')}; the JSON has all of them`,
    parse: oneOf('metric', metricNames),
    fallback: 'testError',
  },
  directions: {
    flags: '--directions <kind>',
    description: 'random directions of length 1 (unit), or as long as each filter of the weights (filter)',
    parse: oneOf('kind of directions', normalisations),
    fallback: 'unit',
  },
  rays: {
    flags: '--rays <n>',
    description: 'random rays from each solution, the same ones from all',
    parse: wholeNumber(1, 1000),
    fallback: 10,
  },
  radius: {
    flags: '--radius <r>',
    description: 'how far random directions are followed, in units of their length',
    parse: positive,
    fallback: undefined,
    shownFallback: 'half of the length of the first solution; 1 with filter',
  },
  curveEpochs: {
    flags: '--epochs <n>',
    description: 'epochs in which each curve is bent',
    parse: wholeNumber(1, LARGEST_COUNT),
    fallback: 20,
  },
  through: {
    flags: '--through <what>',
    description:
      'plane of the largest variance of the iterates (pca), or through three of the phase that predicts (points)',
    parse: oneOf('plane', planeKinds),
    fallback: 'pca',
  },
};

/**
 * The commander option of that name; its value arrives checked.
 * @param fallback in place of the option's own
 */
export function createOption<Name extends OptionName>(name: Name, fallback?: OptionValues[Name]): Option {
  const definition: Definition<OptionValues[Name]> = definitions[name];
  const { flags, description, parse, shownFallback } = definition;
  const flag = flags.split(/[ ,]+/).find((part) => part.startsWith('--'))!;
  const value = fallback ?? definition.fallback;
  // Commander is silent about a default that is undefined.
  let isGiven = false;
  const option = new Option(flags, value === undefined ? `${description} (default: ${shownFallback})` : description)
    .argParser((text) => {
      if (isGiven) throw new UserError(`Expected ${flag} once, got it twice. Leave one out.`);
      isGiven = true;
      return parse(text, flag);
    })
    .default(value, fallback === undefined ? shownFallback : undefined);
  // Options of two commands may share a flag: values are kept by the option's name here, not by its flag.
  option.attributeName = () => name;
  return option;
}

/** Another name for an engine, as compilers have it. */
export const FAST_MATH = 'simd:fast-math';

/** Without `implies`: to commander the implied engine would be one that was given beside it. */
export const fastMath = (): Option =>
  new Option(
    '--fast-math',
    'let the simd engine fuse multiply-adds: faster, but other machines get other bytes',
  ).conflicts('engine');

/** An option without a value. */
function toggle(flags: string, description: string): Definition<boolean> {
  return { flags, description, parse: () => true, fallback: false };
}
