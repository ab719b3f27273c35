/** Finds out before a search whether its method can be trained with all that it will be asked to. */
import { UserError } from '../base/user-error.ts';
import { compositionOf, expectTwoPoints, stepsPerEpoch, parametersSchema, methodFor } from '../pipeline/index.ts';
import { validate } from '../base/validate.ts';
import { expectValues, type Distribution, type Params, type ParameterValue } from '../search/index.ts';
import type { SearchTask, Settings } from './task.ts';

/**
 * Finds out before there is a study whether the method can be trained with what it will be asked to.
 * @throws UserError for a training that is too short for the method, and for a search space, or a trial to begin with, that reaches beyond the range of a parameter
 */
export function expectTrainable(
  { method: id, model, epochs, folds, images, enqueue: first = [] }: SearchTask,
  { space, fixed, defaults }: Settings,
) {
  const method = methodFor(id, model);
  const expect = (params: Params, where: string): void => {
    const parameters = validate(parametersSchema, { ...defaults, ...fixed, ...params }, where);
    compositionOf(method, parameters, { epochs, stepsPerEpoch: 1 });
    expectTwoPoints(id, parameters, epochs, stepsPerEpoch(images.count, folds, parameters.batchSize));
  };
  for (const [name, distribution] of Object.entries(space)) {
    for (const value of extremes(distribution)) expect({ [name]: value }, `the search space of ${id}`);
  }
  for (const params of first) {
    try {
      expectValues(space, params);
    } catch (error) {
      if (error instanceof RangeError) throw new UserError(`An enqueued trial: ${error.message}`, { cause: error });
      throw error;
    }
    expect(params, 'a trial to begin with');
  }
}

/** Values that are in range only if all of the distribution are: its ends, and for floats one that is no whole number. */
function extremes(distribution: Distribution): readonly ParameterValue[] {
  if (distribution.kind === 'categorical') return distribution.choices;
  const { kind, low, high, step } = distribution;
  if (kind === 'int' || low === high) return [low, high];
  return [low, high, step === undefined ? low + (high - low) / Math.PI : low + step];
}
