/**
 * The trial that is the best by all that is known of its surroundings. Under noise the best value is that of a lucky
 * trial; the mean of a Gaussian process takes what the neighbours found into account.
 */
import { isFeasible } from '../../numerics/constraints.ts';
import { directionsOf } from '../direction.ts';
import { isFinished, type FrozenTrial } from '../frozen-trial.ts';
import type { StudySnapshot } from '../read-study.ts';
import { modelled, mostUseful, observe } from '../samplers/gp.ts';
import { learn } from '../samplers/gp/learn.ts';
import { posterior } from '../samplers/gp/posterior.ts';
import { axesOf } from '../samplers/unit-cube.ts';

/** Fewer finished trials tell too little of the function: as many are drawn before the sampler learns. */
export const leastTrialsOfMean = 10;

/**
 * The feasible COMPLETE trial with the best posterior mean, by the Gaussian process of the sampler `gp`, among the best
 * and the newest 200 trials. Takes about a second for those.
 * @returns null with fewer than 10 finished trials, with several objectives, or with parameters that not all trials have
 */
export function bestByMean({ definition, trials }: Pick<StudySnapshot, 'definition' | 'trials'>): FrozenTrial | null {
  const finished = trials.filter(isFinished);
  if (finished.length < leastTrialsOfMean || directionsOf(definition).length > 1) return null;
  const axes = axesOf(definition.space ?? modelled(finished));
  const all = observe(finished, axes, definition.direction);
  if (axes.length === 0 || all.length === 0) return null;
  const observations = mostUseful(all);
  const points = observations.map(({ at }) => at.point);
  const categories = axes.map(({ isCategory }) => isCategory);
  const observed = observations.map(({ value }) => value);
  const { values, hyperparameters } = learn(points, observed, categories);
  const model = posterior(points, values, categories, hyperparameters);
  const candidates = observations
    .map(({ at }) => ({ trial: at.trial, mean: model.predict(at.point).mean }))
    .filter(({ trial }) => trial.state === 'COMPLETE' && isFeasible(trial));
  return candidates.toSorted((a, b) => a.mean - b.mean || a.trial.number - b.trial.number)[0]?.trial ?? null;
}
