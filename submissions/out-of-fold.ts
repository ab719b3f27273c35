/** What the networks of a run say of the images that they never trained on. */
import {
  type Competition,
  competitionOfRun,
  pick,
  type LabelledImages,
  type LoadedOnce,
  type Watch,
  loadOnce,
} from '../data/index.ts';
import { UserError } from '../base/user-error.ts';
import { createNetwork } from '../models/index.ts';
import {
  makeFolds,
  countCorrect,
  outOfFoldRows,
  predictedLabels,
  ensembleOfViews,
  pickRows,
  placeRows,
} from '../pipeline/index.ts';
import { type Probabilities, readProbabilities, readRecord, readRun, type RunRecord } from '../records/index.ts';
import { digestOfLabels } from './image-digests.ts';
import { planOf } from './recorded-plan.ts';

/** Share of the images that another engine or machine may decide otherwise; other images differ in most. */
const MOST_DIFFERENCES = 0.001;

export interface OutOfFold {
  readonly record: RunRecord;
  readonly competition: Competition;
  /** The training images that a fold has validated, with the true labels. */
  readonly images: LabelledImages;
  /** Positions of these among all training images: of a run that has trained all folds, all of them. */
  readonly rows: Uint32Array;
  /** Ids of the images as the files write them, or their positions from 1 where these have none. */
  readonly ids: readonly string[];
  /** f32[images × classes]: the prediction of the fold that validated each image. */
  readonly probabilities: Float32Array;
  /** What the run has kept, of the test images too; null for one of an earlier version. */
  readonly kept: Probabilities | null;
}

/** Where the images of a run come from. */
export interface RunImages extends Watch {
  /** Folder of the competition's files. Default: that of the competition. */
  readonly dataDir?: string;
  /** Its images, where several runs of one competition share them. Other files still come from `dataDir`. */
  readonly loaded?: LoadedOnce;
}

/**
 * What the run has kept. A run of an earlier version kept its weights alone, so that its networks predict again: about a
 * second for 42,000 images of the small network.
 * @param folder of the run
 * @throws UserError if the record or the images are missing or damaged, or the images are not those of the run
 */
export async function outOfFold(folder: string, { loaded, ...options }: RunImages = {}): Promise<OutOfFold> {
  const record = await readRecord(folder);
  const competition = competitionOfRun(record.configuration);
  const classes = competition.classes.length;
  const source = loaded ?? loadOnce(competition, options);
  const all = await source.train();
  const { folds, trainFolds, seed } = record.configuration;
  const rows =
    trainFolds === undefined
      ? Uint32Array.from(all.labels.keys())
      : outOfFoldRows({ images: all, folds, trainFolds, seed });
  const images = trainFolds === undefined ? all : { ...pick(all, rows), source: all.source };
  const trainIds = await source.trainIds();
  const ids = Array.from(rows, (row) => trainIds?.[row] ?? String(row + 1));
  const other = (found: string): UserError =>
    new UserError(
      `${images.source ?? competition.id}: expected the training images of ${record.id}, found ${found}. ` +
        'Name the folder that it was trained on with --data-dir.',
    );
  if (images.count !== record.scores.outOfFold.n) throw other(`${images.count} of ${record.scores.outOfFold.n}`);

  const kept = await readProbabilities(folder);
  const isOfImages = ({ outOfFold: { of, probabilities: own } }: Probabilities): boolean =>
    of === digestOfLabels(images.labels) && own.length === images.count * classes;
  if (kept && !isOfImages(kept)) throw other('as many with other labels');
  const probabilities = kept?.outOfFold.probabilities ?? (await predictAgain(folder, all));
  const correct = countCorrect(predictedLabels(probabilities, classes), images.labels);
  const recorded = Math.round(record.scores.outOfFold.accuracy * images.count);
  if (Math.abs(correct - recorded) > MOST_DIFFERENCES * images.count) {
    throw other(`others: ${correct} predictions are right, not ${recorded}`);
  }
  return { record, competition, images, rows, ids, probabilities, kept };
}

async function predictAgain(folder: string, images: LabelledImages): Promise<Float32Array> {
  const run = await readRun(folder);
  const { record, solutions } = run;
  const { engine, seed, folds, trainFolds, tta } = record.configuration;
  const plan = await planOf(run);
  const network = await createNetwork(plan, engine);
  const probabilities = new Float32Array(images.count * plan.classes);
  for (const [fold, { validation }] of makeFolds({ images, folds, trainFolds, seed }).entries()) {
    placeRows(
      probabilities,
      await ensembleOfViews(network, solutions[fold], pick(images, validation), tta),
      validation,
    );
  }
  return pickRows(probabilities, outOfFoldRows({ images, folds, trainFolds, seed }), plan.classes);
}
