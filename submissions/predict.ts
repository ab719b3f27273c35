/** A submission by models that were trained elsewhere or earlier: predict the test images, write, score. */
import { dirname } from 'node:path';
import { type Competition, loadSample, loadTest } from '../data/index.ts';
import { UserError } from '../base/user-error.ts';
import type { Network, Solution } from '../models/index.ts';
import { predictedLabels, ensemble } from '../pipeline/index.ts';
import { expectOwn, prepareFolder } from '../base/output-files.ts';
import { loadAnswers, scoreProbabilities, type TestScore } from './score.ts';
import { orderBySample, submissionBeginning, writeSubmission } from './submission.ts';

export interface PredictSubmission {
  readonly competition: Competition;
  /** Folder of the competition's files. Default: that of the competition. */
  readonly dataDir?: string;
  readonly network: Network;
  /** One or more; their probabilities are averaged. */
  readonly solutions: readonly Solution[];
  /** Default: the competition's own answers, where it has any. */
  readonly solutionFile?: string;
  /** The CSV to write. */
  readonly file: string;
}

export interface PredictedSubmission {
  readonly images: number;
  /** Null where no answers are known. */
  readonly test: TestScore | null;
  /** Path of the CSV. */
  readonly submission: string;
  /** SHA-256 of the bytes of the CSV. */
  readonly sha256: string;
}

/**
 * Predicts the test images and writes the submission; answers are used for nothing but the score.
 * @throws UserError for data that does not fit, a file that cannot be written, or predictions that are no numbers
 */
export async function predictSubmission(task: PredictSubmission): Promise<PredictedSubmission> {
  const { competition, dataDir, network, solutions, solutionFile, file } = task;
  const { images, ids, labels: known } = await loadTest(competition, { dataDir });
  if (images.count === 0) throw noTestImages(competition);
  const sample = await loadSample(competition, { dataDir });
  const order = orderBySample(competition, ids, sample, dataDir);
  const answers = await loadAnswers(competition, { images, ids, labels: known }, { dataDir, solutionFile });
  await expectOwn(file, submissionBeginning(competition), 'a submission');
  await prepareFolder(dirname(file));

  const probabilities = await ensemble(network, solutions, images);
  // NaN is no prediction, but would count as class 0.
  if (!probabilities.every(Number.isFinite)) {
    throw new UserError(
      'Expected finite probabilities for all test images, got others: the weights are too large. ' +
        'Take a model whose training did not diverge.',
    );
  }
  const labels = predictedLabels(probabilities, network.plan.classes);
  const sha256 = await writeSubmission(file, competition, { ids, labels, probabilities }, order);
  const test = answers && scoreProbabilities(probabilities, answers, competition);
  return { images: images.count, test, submission: file, sha256 };
}

const noTestImages = ({ id }: Competition): UserError =>
  new UserError(`${id}: expected test images to predict, and its description has none. Add \`test\` to it.`);
