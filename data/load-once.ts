/** The images of a competition for work of several steps, and what to say where they do not fit. */

import { UserError } from '../base/user-error.ts';
import type { Competition } from './competition.ts';
import type { LabelledImages } from './images.ts';
import { type LoadOptions, loadTest, loadTrainWithIds, type TestImages, type TrainWithIds } from './load.ts';
import { whatFits } from './what-fits.ts';

/** The images of a competition, each part loaded when it is first asked for, and only then. */
export interface LoadedOnce {
  /** @throws UserError as `loadTrain` */
  readonly train: () => Promise<LabelledImages>;
  /** Ids of the training images as the files write them; null where they have none. @throws UserError as `loadTrain` */
  readonly trainIds: () => Promise<readonly string[] | null>;
  /** @throws UserError as `loadTest` */
  readonly test: () => Promise<TestImages>;
}

/** For work of several steps on the same images, as of one moment. */
export function loadOnce(competition: Competition, options: LoadOptions = {}): LoadedOnce {
  let loaded: Promise<TrainWithIds> | undefined;
  let test: Promise<TestImages> | undefined;
  const train = (): Promise<TrainWithIds> =>
    (loaded ??= orWhatFits(loadTrainWithIds(competition, options), competition, options));
  return {
    train: async () => (await train()).images,
    trainIds: async () => (await train()).ids,
    test: () => (test ??= orWhatFits(loadTest(competition, options), competition, options)),
  };
}

/** Adds to what is wrong with the files which other competition they are of. */
async function orWhatFits<T>(
  loading: Promise<T>,
  competition: Competition,
  { dataDir, signal, onImages }: LoadOptions,
): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const hint = await whatFits(competition, { dataDir, signal, onImages });
    throw hint === null ? error : new UserError(`${error.message} ${hint}`, { cause: error });
  }
}
