/** Which trainings walk the same trajectory, so that one of them can be trained for all. */
import { isDeepStrictEqual } from 'node:util';
import { compositionOf } from './enough-points.ts';
import type { Method } from './method.ts';
import { type Parameters, trainingCount } from './parameters.ts';
import { totalSteps } from './schedule.ts';
import { usedParameters } from './used-parameters.ts';

/** What decides the trajectory of a training, with the images and the seed. */
export interface Course {
  readonly method: Method;
  readonly parameters: Parameters;
  readonly epochs: number;
}

/**
 * Whether all epochs of `short` are the first ones of `long`: the same gradients, the same optimizer, and the same
 * learning rate in each step. They may differ in what they collect on the way. False for trainings that depend on
 * validation scores, and for those that train several times.
 */
export function isBeginningOf(short: Course, long: Course, stepsPerEpoch: number): boolean {
  if (short.epochs > long.epochs || [short, long].some(dependsOnScores)) return false;
  // The last epoch is always validated: here it would be one that the longer training leaves out.
  if (short.epochs < long.epochs && short.epochs % short.parameters.validateEvery !== 0) return false;
  const descent = ({ method, parameters }: Course): unknown => {
    // Without those that the method composes its schedule and its collector of.
    const used = usedParameters({ ...method, uses: [] }, parameters);
    return Object.entries(parameters).filter(([name]) => used.has(name as keyof Parameters));
  };
  if (!isDeepStrictEqual(descent(short), descent(long))) return false;
  const [first, second] = [short, long].map(
    ({ method, parameters, epochs }) => compositionOf(method, parameters, { epochs, stepsPerEpoch }).schedule,
  );
  const steps = totalSteps({ epochs: short.epochs, stepsPerEpoch });
  for (let step = 0; step < steps; step += 1) {
    if (first.rate(step) !== second.rate(step)) return false;
  }
  return true;
}

const dependsOnScores = ({ parameters }: Course): boolean =>
  parameters.schedule === 'plateau' || parameters.restoreBest || trainingCount(parameters) > 1;
