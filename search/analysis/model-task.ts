/** What a Gaussian process of a study learns from, as plain data. */
import { directionsOf } from '../direction.ts';
import type { SearchSpace } from '../distributions.ts';
import { isFinished } from '../frozen-trial.ts';
import type { StudySnapshot } from '../read-study.ts';
import { modelled, mostUseful, observe } from '../samplers/gp.ts';
import { axesOf } from '../samplers/unit-cube.ts';

/** Small also for a long study. */
export interface ModelTask {
  readonly seed: number;
  /** Number of finished trials. */
  readonly finished: number;
  readonly space: SearchSpace;
  /** Number of trials that the model could learn from. */
  readonly count: number;
  /** Coordinates and value, to be minimised, of those that it learns from. */
  readonly observations: readonly (readonly [point: readonly number[], value: number])[];
}

/**
 * @param least finished trials that are needed
 * @returns null where nothing can be said: few trials, several objectives, constraints, or parameters that not all trials have
 */
export function modelTask(
  { definition, trials }: Pick<StudySnapshot, 'definition' | 'trials'>,
  least: number,
): ModelTask | null {
  const finished = trials.filter(isFinished);
  const { seed, direction, space } = definition;
  if (finished.length < least || directionsOf(definition).length > 1) return null;
  if (finished.some(({ constraints }) => constraints !== undefined)) return null;
  const searched = space ?? modelled(finished);
  const axes = axesOf(searched);
  const all = observe(finished, axes, direction);
  if (axes.length === 0 || all.length < least) return null;
  const observations = mostUseful(all).map(({ at, value }) => [[...at.point], value] as const);
  return { seed, finished: finished.length, space: searched, count: all.length, observations };
}
