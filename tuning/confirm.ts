/** Trains the best trials of a search again, on a seed and folds that had no part in choosing them. */
import type { Piscina } from 'piscina';
import { random } from '../numerics/random.ts';
import { crossValidate, type Parameters } from '../pipeline/index.ts';
import { topTrials, type Confirmation, type FrozenTrial, type Params, type Study } from '../search/index.ts';
import { foldScore, scoreOf, standardErrorOfScores } from './cross-validation.ts';
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
 * All of them have the same new folds, so that they can be compared. Each is recorded in the study as it ends, and one
 * that is recorded is not trained again.
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
  const confirmed = await Promise.all(
    top.map(async (trial): Promise<Confirmation> => {
      const parameters = parametersOf(trial.params);
      const result = await crossValidate(pool, { ...task, seed, parameters }, { signal });
      const scores = result.status === 'done' ? result.folds.map((fold) => foldScore(fold)) : null;
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
