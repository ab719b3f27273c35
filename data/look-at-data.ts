/** All that there is to be seen of a data set before a training. */
import type { Competition } from './competition.ts';
import { findRole } from './directory.ts';
import { type Duplicates, findDuplicates } from './duplicates.ts';
import type { Watch } from './format.ts';
import type { Images, LabelledImages } from './images.ts';
import { loadOnce } from './load-once.ts';
import { type ClassLook, lookAtClasses, SAMPLES } from './look.ts';
import { brokenSentence, oddities } from './oddities.ts';

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
  /** Told of each step before it; what it throws ends the look. */
  readonly onStep?: (step: (typeof lookSteps)[number]) => void;
}

/** @throws UserError if the images are missing or damaged */
export async function lookAtData(
  competition: Competition,
  { samples = SAMPLES, onStep = () => {}, ...options }: LookOptions = {},
): Promise<DataLook> {
  onStep('Reading the images');
  const images = loadOnce(competition, options);
  const train = await images.train();
  const test = (await hasTest(competition, options.dataDir)) ? (await images.test()).images : null;
  onStep('Looking at the classes');
  const classes = lookAtClasses(train, competition.classes, samples);
  const broken = brokenSentence(train);
  const notes = [...(broken === null ? [] : [broken]), ...oddities(train, test, competition.classes)];
  onStep('Looking for duplicates');
  return { train, test, classes, duplicates: findDuplicates(train, test), notes };
}

const hasTest = async (competition: Competition, dataDir: string | undefined): Promise<boolean> =>
  competition.files.test.length > 0 && (await findRole(competition, 'test', dataDir)).format !== null;
