/** Trains the best trials of a search again, on a seed and folds that had no part in choosing them. */
import type { Piscina } from 'piscina';
import { random } from '../numerics/random.ts';
import { makeFolds, type Parameters, runFold } from '../pipeline/index.ts';
import { topTrials, type Confirmation, type FrozenTrial, type Params, type Study } from '../search/index.ts';
import { type FoldScore, foldScore, foldScoreSchema, scoreOf, standardErrorOfScores } from './cross-validation.ts';
import type { SearchTask } from './task.ts';

export interface ConfirmOptions {
  readonly signal?: AbortSignal;
  /** With the number of trials that are trained again. */
  readonly onBegin?: (count: number) => void;
  readonly onConfirmed?: (trial: FrozenTrial, confirmation: Confirmation) => void;
}

/** The seed of confirmations follows from that of the search, so that they are the same whoever makes them. */
export const confirmationSeed = (seed: number): number => random(seed, 'confirm').integer(2 ** 32);

/**
 * All of them have the same new folds, so that they can be compared. Each fold and each trial is recorded in the study as
 * it ends, and what is recorded is not trained again.
 * @returns the confirmations that the study has now
 * @throws AbortError when the signal aborts; what has ended by then is recorded
 */
export async function confirmTrials(
  pool: Piscina,
  task: SearchTask,
  study: Study,
  parametersOf: (params: Params) => Parameters,
  { signal, onBegin, onConfirmed }: ConfirmOptions,
): Promise<readonly Confirmation[]> {
  const seed = confirmationSeed(task.seed);
  const known = study.definition.confirmations ?? [];
  const isKnown = ({ number }: FrozenTrial): boolean => known.some((one) => one.trial === number && one.seed === seed);
  const top = topTrials(study.trials, study.definition, task.confirm ?? 0).filter((trial) => !isKnown(trial));
  if (top.length > 0) onBegin?.(top.length);
  const parts = study.definition.confirmedParts ?? [];
  const rows = makeFolds({ ...task, seed });
  /** @returns null if the fold diverged */
  const scoreOfFold = async (trial: FrozenTrial, fold: number): Promise<FoldScore | null> => {
    const kept = parts.find((one) => one.trial === trial.number && one.seed === seed && one.part === fold);
    if (kept !== undefined) return foldScoreSchema.parse(kept.result);
    const run = await runFold(pool, { ...task, seed, parameters: parametersOf(trial.params) }, fold, rows[fold], {
      signal,
    });
    if (run.status !== 'done') return null;
    const result = foldScore(run);
    await study.recordConfirmedPart({ trial: trial.number, seed, part: fold, result: { ...result } });
    return result;
  };
  const confirmed = await Promise.all(
    top.map(async (trial): Promise<Confirmation> => {
      const found = await Promise.all(rows.map((_, fold) => scoreOfFold(trial, fold)));
      const scores = found.every((score) => score !== null) ? found : null;
      const confirmation: Confirmation = {
        trial: trial.number,
        seed,
        value: scores && scoreOf(scores),
        standardError: scores && standardErrorOfScores(scores),
      };
      await study.recordConfirmation(confirmation);
      onConfirmed?.(trial, confirmation);
      return confirmation;
    }),
  );
  return [...known, ...confirmed];
}
