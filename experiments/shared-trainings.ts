/** Which arms of an experiment one training serves. */
import { isBeginningOf } from '../pipeline/index.ts';
import { type Experiment, resolveArm, type Scale } from './experiment.ts';
import { findMethod } from './methods.ts';

/**
 * Groups of arms for which one training is enough: the first arm is trained, and the others have its first epochs.
 */
export function sharedTrainings(
  { experiment, scale }: { readonly experiment: Experiment; readonly scale: Scale },
  arms: readonly string[],
): string[][] {
  const resolved = (arm: string) => resolveArm(experiment, arm, scale);
  const course = (arm: string) => ({ ...resolved(arm), method: findMethod(resolved(arm).method) });
  const isSimple = (arm: string): boolean => resolved(arm).networks === 1 && resolved(arm).beside === undefined;
  const groups: string[][] = [];
  for (const arm of arms.toSorted((a, b) => resolved(b).epochs - resolved(a).epochs)) {
    const steps = Math.ceil(scale.train / resolved(arm).parameters.batchSize);
    const group = groups.find(
      ([longest]) => isSimple(arm) && isSimple(longest) && isBeginningOf(course(arm), course(longest), steps),
    );
    if (group) group.push(arm);
    else groups.push([arm]);
  }
  return groups;
}
