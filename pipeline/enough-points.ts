/** A method that averages or collects has nothing to average in a training that is too short for two points. */
import { UserError } from '../base/user-error.ts';
import { findMethod } from './methods/index.ts';
import type { Parameters } from './parameters.ts';
import type { Plan } from '../models/index.ts';
import type { Method } from './method.ts';
import { type Clock, totalSteps } from './schedule.ts';

/** Longer trainings are not looked at for the number that would do. */
const MOST_EPOCHS = 100_000;

/**
 * What a method is composed of, to be looked at before there is a network.
 * @throws UserError for parameters that the method cannot be trained with
 */
export const compositionOf = (method: Method, parameters: Parameters, clock: Clock): ReturnType<Method['compose']> =>
  method.compose(parameters, { ...clock, seed: 0, plan: NO_NETWORK });

const NO_NETWORK: Plan = {
  model: '',
  input: { height: 0, width: 0, channels: 0 },
  classes: 0,
  weights: [],
  weightCount: 0,
  statisticsCount: 0,
  nodes: [],
};

/** Steps of an epoch in which a fold trains on all images but its own. */
export const stepsPerEpoch = (images: number, folds: number, batchSize: number): number =>
  Math.ceil((images - images / folds) / batchSize);

/**
 * @param id of the method
 * @param steps in each epoch
 * @throws UserError with the number of epochs that would do, if the training has room for fewer than two points
 */
export function expectTwoPoints(id: string, parameters: Parameters, epochs: number, steps: number): void {
  const method = findMethod(id);
  const pointsIn = (length: number): number => {
    const clock = { epochs: length, stepsPerEpoch: steps };
    return compositionOf(method, parameters, clock).collector.points?.(totalSteps(clock)) ?? 2;
  };
  if (pointsIn(epochs) >= 2) return;
  // Doubling, then halving: the longer a training, the more points it has.
  let enough = Math.max(1, epochs);
  while (pointsIn(enough) < 2 && enough < MOST_EPOCHS) enough *= 2;
  const names = (['swaStart', 'swaCycle', 'snapshots'] as const).filter((name) => method.uses.includes(name));
  const settings = names.map((name) => `\`${name}\` ${parameters[name]}`).join(' and ');
  if (pointsIn(enough) < 2) {
    throw new UserError(`${id}: expected parameters that collect two points or more, got ${settings}. Change them.`);
  }
  for (let low = epochs; enough - low > 1;) {
    const middle = Math.floor((low + enough) / 2);
    if (pointsIn(middle) < 2) low = middle;
    else enough = middle;
  }
  throw new UserError(
    `${id}: expected at least ${enough} epochs, for two points to average with ${settings}, got ${epochs}. ` +
      `Train longer, or change ${names.length === 1 ? 'it' : 'these'}.`,
  );
}
