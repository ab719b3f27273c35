/** All that there is to be seen of a data set before a training. */
import type { Competition } from './competition.ts';
import { findRole } from './directory.ts';
import { type Duplicates, findDuplicates } from './duplicates.ts';
import type { Watch } from './format.ts';
import type { Images, LabelledImages } from './images.ts';
import { loadOnce } from './load-once.ts';
import { type ClassLook, lookAtClasses, SAMPLES } from './look.ts';
import { brokenSentences, oddities, repeatedIds } from './oddities.ts';

export interface DataLook {
  readonly train: LabelledImages;
  /** Null where the files have none. */
  readonly test: Images | null;
  readonly classes: readonly ClassLook[];
  readonly duplicates: Duplicates;
  /** What is odd, in sentences. */
  readonly notes: readonly string[];
}

/** In their order; each takes its share of the time. */
export const lookSteps = ['Reading the images', 'Looking at the classes', 'Looking for duplicates'] as const;

export interface LookOptions extends Watch {
  readonly dataDir?: string;
  /** Samples of each class. Default: 9. */
  readonly samples?: number;
  /** Told of each step before it, and of the last one a few times a second which share of it is done, 0 … 1. */
  readonly onStep?: (step: (typeof lookSteps)[number], share?: number) => void;
}

/** @throws UserError if the images are missing or damaged; what the signal was aborted with */
export async function lookAtData(
  competition: Competition,
  { samples = SAMPLES, onStep = () => {}, ...options }: LookOptions = {},
): Promise<DataLook> {
  const { signal } = options;
  onStep('Reading the images');
  const images = loadOnce(competition, options);
  const train = await images.train();
  const loadedTest = (await hasTest(competition, options.dataDir)) ? await images.test() : null;
  const test = loadedTest?.images ?? null;
  onStep('Looking at the classes');
  const classes = await lookAtClasses(train, competition.classes, samples, signal);
  const repeated = repeatedIds((await images.trainIds()) ?? []);
  const notes = [
    ...brokenSentences(train, loadedTest),
    ...(repeated === null ? [] : [repeated]),
    ...(await oddities(train, test, competition.classes, signal)),
  ];
  const step = 'Looking for duplicates';
  onStep(step, 0);
  const duplicates = await findDuplicates(train, test, { signal, onShare: (share) => onStep(step, share) });
  onStep(step, 1);
  return { train, test, classes, duplicates, notes };
}

const hasTest = async (competition: Competition, dataDir: string | undefined): Promise<boolean> =>
  competition.files.test.length > 0 && (await findRole(competition, 'test', dataDir)).format !== null;
