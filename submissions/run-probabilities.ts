/** All that the networks of a run say: of the test images, and out of fold of the training images. */
import { type Competition, type Images, type LabelledImages, loadOnce } from '../data/index.ts';
import { UserError } from '../base/user-error.ts';
import { createNetwork } from '../models/index.ts';
import { foldsOfViews } from '../pipeline/index.ts';
import { readRun, type RunRecord } from '../records/index.ts';
import { digestOfIds } from './image-digests.ts';
import { outOfFold, type RunImages } from './out-of-fold.ts';
import { planOf } from './recorded-plan.ts';

export interface RunProbabilities {
  readonly record: RunRecord;
  readonly competition: Competition;
  /** Null where the competition has no test images. */
  readonly test: {
    /** Ids of the submission, in the order of the test files. */
    readonly ids: readonly string[];
    /** f32[test images × classes]: the mean over the folds. */
    readonly probabilities: Float32Array;
  } | null;
  readonly outOfFold: {
    /** Ids of the files, or positions from 1 where these have none. */
    readonly ids: readonly string[];
    /** Positions of the images among all training images. */
    readonly rows: Uint32Array;
    /** The training images that a fold has validated, with their true labels. */
    readonly images: LabelledImages;
    /** f32[rows × classes]: the prediction of the fold that validated each image. */
    readonly probabilities: Float32Array;
  };
}

/**
 * Reads what the run has kept; what a run of an earlier version has not kept is predicted again with its networks.
 * @param folder of the run
 * @throws UserError if the record or the images are missing or damaged, or the images are not those of the run
 */
export async function runProbabilities(folder: string, { dataDir, loaded }: RunImages = {}): Promise<RunProbabilities> {
  const found = await outOfFold(folder, { dataDir, loaded });
  const { record, competition, images, rows, probabilities, ids } = found;
  const test = await (loaded ?? loadOnce(competition, { dataDir })).test();
  const said = { record, competition, outOfFold: { ids, rows, images, probabilities } };
  if (test.images.count === 0) return { ...said, test: null };
  const kept = found.kept?.test;
  const values = test.ids.length * competition.classes.length;
  if (kept && (kept.of !== digestOfIds(test.ids) || kept.probabilities.length !== values)) {
    throw new UserError(
      `${competition.id}: expected the test images of ${record.id}, found others. ` +
        'Name the folder that it was trained on with --data-dir.',
    );
  }
  const ofTest = kept?.probabilities ?? (await predictAgain(folder, test.images));
  return { ...said, test: { ids: test.ids, probabilities: ofTest } };
}

async function predictAgain(folder: string, images: Images): Promise<Float32Array> {
  const run = await readRun(folder);
  const { record, solutions } = run;
  const network = await createNetwork(await planOf(run), record.configuration.engine);
  return foldsOfViews(network, solutions, images, record.configuration.tta);
}
