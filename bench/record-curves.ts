/**
 * `npm run bench -- curves`: records learning curves for `bench -- pruning`. Real TPE studies of both methods
 * cross-validate digit-cnn on a fifth of Digit Recognizer, and include diverging settings.
 */
import { writeFile } from 'node:fs/promises';
import { findCompetition } from '../data/competitions/index.ts';
import { type LabelledImages, pick } from '../data/images.ts';
import { loadTrain } from '../data/load.ts';
import { random } from '../numerics/random.ts';
import { foldRows, stratifiedFolds } from '../data/split.ts';
import { loadPlan } from '../models/engine/plans.ts';
import { countCorrect, predictedLabels } from '../pipeline/evaluate.ts';
import { type Parameters, parametersSchema } from '../pipeline/parameters.ts';
import { methods, type MethodName } from '../pipeline/methods/index.ts';
import { trainFold } from '../pipeline/worker.ts';
import type { Params } from '../search/distributions.ts';
import { optimize } from '../search/optimize.ts';
import { openStudy } from '../search/open-study.ts';
import {
  formatRecording,
  recordingFile,
  type RecordedFold,
  type RecordedStudy,
  type RecordedTrial,
} from './learning-curves.ts';

const COMPETITION = 'digit-recognizer';
const MODEL = 'digit-cnn';
const SEED = 1;
/** Number of stratified parts of the training file, of which one is used. */
const PARTS = 5;
const FOLDS = 5;
const EPOCHS = 20;
const TRIALS = 30;

export async function recordCurves({ studies, dataDir }: { studies: number; dataDir?: string }): Promise<void> {
  const images = await loadPart(dataDir);
  const recorded: RecordedStudy[] = [];
  for (let seed = 1; seed <= studies; seed += 1) {
    for (const method of ['plain', 'swa'] as const) {
      const { space } = methods[method];
      recorded.push({ method, seed, space, trials: await recordStudy(images, method, seed) });
      const seconds = process.cpuUsage().user / 1e6;
      process.stderr.write(`${method}, study ${seed} of ${studies}: ${seconds.toFixed(0)} s of CPU so far\n`);
    }
  }
  const recording = {
    competition: COMPETITION,
    model: MODEL,
    images: images.count,
    validationImages: images.count / FOLDS,
    folds: FOLDS,
    epochs: EPOCHS,
    seed: SEED,
    studies: recorded,
  };
  await writeFile(recordingFile, formatRecording(recording));
}

async function loadPart(dataDir: string | undefined): Promise<LabelledImages> {
  const all = await loadTrain(findCompetition(COMPETITION), { dataDir });
  const rows = foldRows(stratifiedFolds(all.labels, PARTS, SEED), 0).validation;
  return pick(all, rows);
}

async function recordStudy(images: LabelledImages, method: MethodName, seed: number): Promise<RecordedTrial[]> {
  const { defaults, space } = methods[method];
  const study = await openStudy({ name: method, direction: 'maximize', seed, sampler: 'tpe', space });
  const trials: RecordedTrial[] = [];
  const objective = async ({ params }: { params: Params }): Promise<number> => {
    const folds = await recordFolds(images, method, parametersSchema.parse({ ...defaults, ...params }));
    trials.push({ params, folds });
    return folds.reduce((sum, { final }) => sum + (final ?? NaN), 0) / images.count;
  };
  await optimize(study, objective, { trials: TRIALS });
  await study.close();
  return trials;
}

/** Like `crossValidate`, but in this thread, and with the curves of diverging folds. */
async function recordFolds(
  images: LabelledImages,
  method: MethodName,
  parameters: Parameters,
): Promise<RecordedFold[]> {
  const plan = await loadPlan(MODEL, images.shape, 10);
  const foldOf = stratifiedFolds(images.labels, FOLDS, SEED);
  const recorded: RecordedFold[] = [];
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const { train, validation } = foldRows(foldOf, fold);
    random(SEED, 'order', fold).shuffle(train);
    const outcome = await trainFold({
      plan,
      engine: 'simd',
      method,
      parameters,
      epochs: EPOCHS,
      seed: random(SEED, 'fold', fold).integer(2 ** 32),
      images,
      trainIndices: train,
      validationIndices: validation,
    });
    const labels = Array.from(validation, (row) => images.labels[row]);
    recorded.push({
      epochs: outcome.epochs.map(({ validationAccuracy = NaN }) => Math.round(validationAccuracy * validation.length)),
      final:
        outcome.status === 'done' ? countCorrect(predictedLabels(outcome.probabilities, plan.classes), labels) : null,
    });
  }
  return recorded;
}
