/** From methods and data to submissions: cross-validate, predict with all folds, write, score, compare. */
import type { Piscina } from 'piscina';
import { shortNumber } from '../base/format.ts';
import type { OwnFile } from '../base/output-files.ts';
import { engineOfBits } from '../models/index.ts';
import { crossValidate, DivergedError, divergenceRemedy, findMethod } from '../pipeline/index.ts';
import type { MethodResult, SubmitResult } from '../records/index.ts';
import { compareMethods, type Contender } from './compare.ts';
import { type Data, prepare } from './prepare.ts';
import { inOwnFolder, preparedRuns, writeSubmit } from './submit-files.ts';
import type { SubmitMethod, SubmitProgress, SubmitTask } from './submit-task.ts';
import { type Submitted, submitValidated } from './submit-validated.ts';

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
  const { competition, engine, plan, epochs, folds, seed } = task;
  return inOwnFolder(task, task.methods, async (submitted) => {
    const methods: Record<string, MethodResult> = {};
    const contenders: Contender[] = [];
    const files: OwnFile[] = [];
    for (const method of task.methods) {
      progress.onMethod?.(method.id);
      const { result, contender, files: ofMethod } = await runMethod(pool, submitted.task, data, method, progress);
      methods[method.id] = result;
      contenders.push(contender);
      files.push(...ofMethod);
    }
    const comparison = compareMethods(`${competition.id}, seed ${seed}`, contenders);
    const result = { seed, engine: engineOfBits(engine), model: plan.model, epochs, folds, methods, comparison };
    progress.signal?.throwIfAborted();
    return writeSubmit(submitted, result, files, progress);
  });
}

async function runMethod(
  pool: Piscina,
  task: SubmitTask,
  data: Data,
  method: SubmitMethod,
  progress: SubmitProgress,
): Promise<Submitted> {
  const { engine, plan, epochs, folds, seed } = task;
  const { id, parameters } = method;
  const { signal } = progress;
  const startedAt = new Date();
  const started = performance.now();
  const validated = await crossValidate(
    pool,
    { plan, engine, method: id, parameters, epochs, folds, seed, images: data.train },
    {
      signal,
      onEpoch: (fold, metrics, isTeacher) => progress.onEpoch?.(id, fold, metrics, isTeacher),
      onFold: (fold, end) => progress.onFold?.(id, fold, end),
    },
  );
  if (validated.status === 'diverged') {
    const { fold, epoch, step, learningRate } = validated;
    const where = `fold ${fold + 1} diverged in epoch ${epoch + 1} (step ${step + 1})`;
    throw new DivergedError(
      `${id}: ${where} at learning rate ${shortNumber(learningRate)}. ` +
        divergenceRemedy(findMethod(id), parameters, (epoch + 1) / epochs),
    );
  }
  const { title } = findMethod(id);
  return submitValidated(pool, task, data, { ...method, title }, validated, {
    startedAt,
    started,
    signal,
    onMoved: (sentence) => progress.onMoved?.(sentence),
  });
}
