/** The parameters that earlier searches have found. */
import { type Parameters, recordedParametersSchema } from '../pipeline/index.ts';
import { validate } from '../base/validate.ts';
import { openStorage, storageExists, bestOf, lastUsed, type FrozenTrial } from '../search/index.ts';
import { type SearchTask, type StudyTask, readTask, imagesDigest } from './task.ts';

export interface BestQuery extends Pick<SearchTask, 'competition' | 'model' | 'method' | 'images' | 'storage'> {
  /** When it aborts, a server that does not answer is not waited for any longer. */
  readonly signal?: AbortSignal;
}

export interface FoundParameters {
  readonly parameters: Parameters;
  /** The trial and its study, in words. */
  readonly from: string;
  /** Score of the trial on its validation images. */
  readonly value: number;
  /** Trials of the study with a score. */
  readonly of: number;
}

/**
 * The best parameters found on these images for this model and method: those of the study whose trials were trained
 * longest (epochs × folds); of equally long ones, the study used last.
 * @returns null if there is no such store or study, or no trial of it is complete
 * @throws StudyError when the store is there but cannot be used
 */
export async function bestParameters(query: BestQuery): Promise<FoundParameters | null> {
  if (!storageExists(query.storage)) return null;
  const storage = await openStorage(query.storage, { readOnly: true, signal: query.signal });
  const digest = imagesDigest(query.images);
  try {
    const candidates: { name: string; task: StudyTask; best: FrozenTrial; of: number; used: string }[] = [];
    for (const definition of await storage.listStudies()) {
      const task = readTask(definition);
      if (task === null || task.images !== digest || task.metric !== query.images.metric) continue;
      if (task.competition !== query.competition || task.model !== query.model || task.method !== query.method)
        continue;
      const { name } = definition;
      const { trials } = await storage.readTrials(name);
      const best = bestOf(trials, definition);
      const of = trials.filter(({ state }) => state === 'COMPLETE').length;
      if (best) candidates.push({ name, task, best, of, used: lastUsed(trials)! });
    }
    const [chosen] = candidates.toSorted(
      (a, b) => b.task.epochs * b.task.folds - a.task.epochs * a.task.folds || (a.used < b.used ? 1 : -1),
    );
    if (!chosen) return null;
    const from = `trial ${chosen.best.number} of study ${chosen.name}`;
    const values = { ...chosen.task.fixed, ...chosen.best.params };
    const parameters = validate(recordedParametersSchema, values, from);
    return { parameters, from, value: chosen.best.value!, of: chosen.of };
  } finally {
    await storage.close();
  }
}
