/** The parameters that earlier searches have found. */
import { type Parameters, recordedParametersSchema } from '../pipeline/index.ts';
import { quoted } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { validate } from '../base/validate.ts';
import {
  openStorage,
  storageExists,
  confirmedBestOf,
  confirmedOf,
  lastUsed,
  type Confirmed,
  type FrozenTrial,
} from '../search/index.ts';
import { type SearchTask, type StudyTask, readTask, imagesDigest } from './task.ts';

export interface BestQuery extends Pick<SearchTask, 'competition' | 'model' | 'method' | 'images' | 'storage'> {
  /** Number of the trial that is wanted. Default: the best. */
  readonly trial?: number;
  /** Name of the study. Default: the one with the longest training. */
  readonly study?: string;
  /** When it aborts, a server that does not answer is not waited for any longer. */
  readonly signal?: AbortSignal;
}

export interface FoundParameters {
  readonly parameters: Parameters;
  /** The trial and its study, in words. */
  readonly from: string;
  /** Name of the study. */
  readonly study: string;
  /** Score of the trial on its validation images, the second one if it was confirmed. */
  readonly value: number;
  /** Whether it was trained again, on a seed and folds that had no part in choosing it. */
  readonly isConfirmed: boolean;
  /** Trials of the study with a score. */
  readonly of: number;
}

/**
 * The best parameters found on these images for this model and method: those of the study whose trials were trained
 * longest (epochs × folds); of equally long ones, the study used last. Where the best trials were confirmed, that with the
 * best second score. With several objectives the trial of the front with the best score.
 * @returns null, if no study was named, where there is no such store or study, or no trial of it is complete
 * @throws UserError if a study was named that there is not for these images, or a trial that the study does not have complete; StudyError when the store is there but cannot be used
 */
export async function bestParameters(query: BestQuery): Promise<FoundParameters | null> {
  if (!storageExists(query.storage)) return query.study === undefined ? null : noSuchStudy(query, query.study);
  const storage = await openStorage(query.storage, { readOnly: true, signal: query.signal });
  const digest = imagesDigest(query.images);
  try {
    const candidates: {
      name: string;
      task: StudyTask;
      best: FrozenTrial;
      confirmed: Confirmed | null;
      complete: FrozenTrial[];
      used: string;
    }[] = [];
    for (const definition of await storage.listStudies()) {
      if (query.study !== undefined && definition.name !== query.study) continue;
      const task = readTask(definition);
      if (task === null || task.images !== digest || task.metric !== query.images.metric) continue;
      if (task.competition !== query.competition || task.model !== query.model || task.method !== query.method)
        continue;
      const { name } = definition;
      const { trials } = await storage.readTrials(name);
      const complete = trials.filter(({ state }) => state === 'COMPLETE');
      const confirmed = confirmedOf(definition, trials);
      const best = confirmedBestOf(definition, trials) ?? (query.trial === undefined ? null : (complete[0] ?? null));
      if (best) candidates.push({ name, task, best, confirmed, complete, used: lastUsed(trials)! });
    }
    const [chosen] = candidates.toSorted(
      (a, b) => b.task.epochs * b.task.folds - a.task.epochs * a.task.folds || (a.used < b.used ? 1 : -1),
    );
    if (!chosen) return query.study === undefined ? null : noSuchStudy(query, query.study);
    const { trial: number } = query;
    const trial = number === undefined ? chosen.best : chosen.complete.find((one) => one.number === number);
    if (trial === undefined) {
      throw new UserError(`Expected trial ${number} of study ${quoted(chosen.name)} to be complete: name another one.`);
    }
    const from = `trial ${trial.number} of study ${chosen.name}`;
    const values = { ...chosen.task.fixed, ...trial.params };
    const parameters = validate(recordedParametersSchema, values, from);
    const second = chosen.confirmed?.trials.find((one) => one.trial === trial)?.confirmation.value;
    return {
      parameters,
      from,
      study: chosen.name,
      value: second ?? trial.value!,
      isConfirmed: second !== undefined,
      of: chosen.complete.length,
    };
  } finally {
    await storage.close();
  }
}

function noSuchStudy({ competition, model, method }: BestQuery, name: string): never {
  throw new UserError(
    `Expected a study ${quoted(name)} of ${method} with ${model} on these images of ${competition}, with a complete ` +
      'trial, found none. Look for it among all studies, and name the model and the method that it has.',
  );
}
