/** From methods and data to submissions: cross-validate, predict with all folds, write, score, compare. */
import type { Piscina } from 'piscina';
import type { OwnFile } from '../base/output-files.ts';
import { engineOfBits, modelName } from '../models/index.ts';
import {
  crossValidate,
  describeDivergence,
  DivergedError,
  divergenceRemedy,
  findMethod,
  methodFor,
  predictValidation,
  ttaOf,
} from '../pipeline/index.ts';
import { deleteRun, type MethodResult, readRecord, type SubmitResult } from '../records/index.ts';
import { UserError } from '../base/user-error.ts';
import { compareMethods, type Contender } from './compare.ts';
import { type Data, prepare } from './prepare.ts';
import { foldsKey, keepFolds, type KeptFolds } from './kept-folds.ts';
import { inOwnFolder, type OwnFolder, preparedRuns, writeSubmit } from './submit-files.ts';
import type { SubmissionTask, SubmitMethod, SubmitProgress, SubmitTask } from './submit-task.ts';
import type { Submitted } from './submit-predictions.ts';
import { submitValidated } from './submit-validated.ts';
import { trainingTask } from './training-task.ts';

/**
 * Makes one submission for each method and compares them. Everything that can be wrong with files, folders and options
 * is found before training starts; answers to the test images are used for nothing but the scores.
 * @throws UserError for input that does not fit, or a folder that cannot be written
 * @throws DivergedError when a method diverges, AbortError when the signal aborts. The output folder stays as it was
 *   then; methods that were finished have their run records.
 */
export async function submit(pool: Piscina, given: SubmitTask, progress: SubmitProgress = {}): Promise<SubmitResult> {
  progress.signal?.throwIfAborted();
  const data = await prepare(given);
  const task = { ...given, runsDir: await preparedRuns(given, progress) };
  const { competition, engine, plan, epochs, folds, trainFolds, seed } = task;
  const work = async (submitted: OwnFolder<SubmitTask & Pick<SubmissionTask, 'runName'>>): Promise<SubmitResult> => {
    const methods: Record<string, MethodResult> = {};
    const contenders: Contender[] = [];
    const files: OwnFile[] = [];
    const keeping: KeptFolds[] = [];
    let isComplete = false;
    try {
      progress.onBegin?.();
      for (const method of task.methods) {
        progress.onMethod?.(method.id);
        const found = await runMethod(pool, submitted.task, data, method, progress, (kept) => keeping.push(kept));
        methods[method.id] = found.result;
        contenders.push(found.contender);
        files.push(...found.files);
      }
      const comparison = compareMethods(`${competition.id}, seed ${seed}`, contenders);
      const settings = { seed, engine: engineOfBits(engine), model: plan.model, epochs, folds };
      const result = { ...settings, ...(trainFolds !== undefined && { trainFolds }), methods, comparison };
      progress.signal?.throwIfAborted();
      const written = await writeSubmit(submitted, result, files, progress);
      isComplete = true;
      return written;
    } catch (error) {
      // The same training would diverge again.
      isComplete = error instanceof DivergedError;
      throw error;
    } finally {
      for (const kept of keeping) await kept.end(isComplete);
    }
  };
  return inOwnFolder(task, task.methods, work, data.replaced);
}

async function runMethod(
  pool: Piscina,
  task: SubmitTask,
  data: Data,
  method: SubmitMethod,
  progress: SubmitProgress,
  onKeeping: (kept: KeptFolds) => void,
): Promise<Submitted> {
  const { epochs, seed, pseudoLabels: confidence } = task;
  const { id, parameters } = method;
  const { signal } = progress;
  const startedAt = new Date();
  const started = performance.now();
  const training = trainingTask(task, method, data);
  const kept = await keepFolds(task.runsDir, await foldsKey(training), id, {
    restart: task.restart,
    note: (sentence) => progress.onNote?.(sentence),
  });
  onKeeping(kept);
  for (const [fold, result] of kept.taken) progress.onTakenFold?.(id, fold, result);
  const validated = await crossValidate(pool, training, {
    signal,
    known: kept.taken,
    onEpoch: (fold, metrics, isTeacher) => progress.onEpoch?.(id, fold, metrics, isTeacher),
    onFold(fold, result) {
      kept.keep(fold, result);
      progress.onFold?.(id, fold, result);
    },
  });
  if (validated.status === 'diverged') {
    const remedy = divergenceRemedy(
      methodFor(id, modelName(task.plan.model)),
      parameters,
      (validated.epoch + 1) / epochs,
    );
    throw new DivergedError(`${id}: ${describeDivergence(validated)}. ${remedy}`);
  }
  const { title } = findMethod(id);
  const tta = task.ttaViews === undefined ? undefined : ttaOf(parameters, { views: task.ttaViews, seed });
  const predicted = tta ? await predictValidation(pool, training, validated.folds, tta, { signal }) : validated;
  const about = { ...method, title, tta, ...(confidence !== undefined && { pseudoLabels: { confidence } }) };
  const submitted = await submitValidated(pool, task, data, about, predicted, {
    startedAt,
    started,
    signal,
    onMoved: (sentence) => progress.onMoved?.(sentence),
  });
  await kept.keepRun(submitted.result.run);
  if (kept.run !== null) await replaceInterrupted(kept.run, submitted.result.run);
  if (kept.taken.size === 0) return submitted;
  const takenFolds = [...kept.taken.keys()].map((fold) => fold + 1).toSorted((a, b) => a - b);
  return { ...submitted, result: { ...submitted.result, takenFolds } };
}

/** The run that an interrupted submit had recorded, and that the same submit has made again, is there once. */
async function replaceInterrupted(earlier: string, now: string): Promise<void> {
  try {
    const [before, after] = [await readRecord(earlier), await readRecord(now)];
    if (before.id !== after.id && before.name === after.name) await deleteRun(earlier);
  } catch (error) {
    // It may have been deleted, or may not be deleted: then both are there.
    if (!(error instanceof UserError)) throw error;
  }
}
