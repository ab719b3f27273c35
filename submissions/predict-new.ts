/** What the networks of a run say of images that are no part of its competition. */
import {
  type Competition,
  competitionGround,
  findCompetition,
  findNewImages,
  type Images,
  type Inversion,
  type NewImage,
  type NewImages,
} from '../data/index.ts';
import { UserError } from '../base/user-error.ts';
import { createNetwork, type Network, type Solution } from '../models/index.ts';
import { foldsOfViews, predictedLabels, type TestTimeAugmentation, ttaOf } from '../pipeline/index.ts';
import { nameOfRun, readRun, type RunRecord } from '../records/index.ts';
import { planOf } from './recorded-plan.ts';

/** All networks of a run, which predict together. */
export interface RunEnsemble {
  readonly record: RunRecord;
  readonly competition: Competition;
  readonly network: Network;
  /** The views that are predicted beside an image; absent for the image alone. */
  readonly tta?: TestTimeAugmentation;
  /** The solutions of each fold. */
  readonly solutions: readonly (readonly Solution[])[];
  /** @returns f32[images × classes], the mean over the folds @throws UserError unless all are finite */
  predict(images: Images): Promise<Float32Array>;
}

export interface EnsembleOptions {
  /** Changed views of each image, as a submit of so many has them. Default: those of the run. */
  readonly ttaViews?: number;
}

/**
 * Opens a run with the engine that has trained it, so that it says what its own submission says.
 * @param folder of the run
 * @throws UserError if its weights are missing or damaged, or its competition or model is not there any more
 */
export async function openEnsemble(folder: string, { ttaViews }: EnsembleOptions = {}): Promise<RunEnsemble> {
  const run = await readRun(folder);
  const { record, solutions } = run;
  const competition = findCompetition(record.configuration.competition);
  const network = await createNetwork(await planOf(run), record.configuration.engine);
  const { parameters, seed } = record.configuration;
  const tta = ttaViews === undefined ? record.configuration.tta : ttaOf(parameters, { views: ttaViews, seed });
  return {
    record,
    competition,
    network,
    tta,
    solutions,
    async predict(images) {
      const probabilities = await foldsOfViews(network, solutions, images, tta);
      if (probabilities.every(Number.isFinite)) return probabilities;
      throw new UserError(
        `${nameOfRun(record)}: expected finite probabilities, got others: its weights are too large. Take another run.`,
      );
    },
  };
}

/** What a run says of one image. */
export interface NewPrediction extends NewImage {
  /** Name of the most probable class. */
  readonly label: string;
  /** Its probability. */
  readonly probability: number;
  /** f32[classes] */
  readonly probabilities: Float32Array;
}

export interface NewPredictionTask {
  /** Image files, folders of them, and tables of images. */
  readonly files: readonly string[];
  /** Folder of the competition's files, whose ground is looked at where its description does not say. */
  readonly dataDir?: string;
  /** Default: `auto`. */
  readonly invert?: Inversion;
  /** Leaves out files that cannot be read. Default: false. */
  readonly skipBroken?: boolean;
  readonly signal?: AbortSignal;
}

export interface NewPredictions extends Omit<NewImages, 'batches'> {
  /** In the order of the files; each batch is predicted when it is asked for. */
  readonly batches: AsyncGenerator<NewPrediction[]>;
}

/**
 * Predicts images from anywhere, which are brought to the size, colours and ground that the networks saw.
 * @throws UserError as `findNewImages`, and while reading
 */
export async function predictNewImages(
  ensemble: RunEnsemble,
  { files, dataDir, invert = 'auto', skipBroken, signal }: NewPredictionTask,
): Promise<NewPredictions> {
  const { competition } = ensemble;
  const { shape, form, classes } = competition;
  const ground = invert === 'auto' ? await competitionGround(competition, dataDir) : null;
  const found = await findNewImages(files, { shape, form, ground, invert, skipBroken });

  async function* predictions(): AsyncGenerator<NewPrediction[]> {
    for await (const { images, from } of found.batches) {
      signal?.throwIfAborted();
      const all = await ensemble.predict(images);
      const labels = predictedLabels(all, classes.length);
      yield from.map((image, i) => {
        const probabilities = all.slice(i * classes.length, (i + 1) * classes.length);
        const { file, id } = image;
        return { file, id, label: classes[labels[i]], probability: probabilities[labels[i]], probabilities };
      });
    }
  }
  return { ...found, batches: predictions() };
}
