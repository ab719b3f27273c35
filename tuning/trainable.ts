/** Finds out before a search whether its method can be trained with all that it will be asked to. */
import { shortNumber } from '../base/format.ts';
import { findMetric, metricNames } from '../data/index.ts';
import { UserError } from '../base/user-error.ts';
import { compositionOf, expectTwoPoints, stepsPerEpoch, parametersSchema, methodFor } from '../pipeline/index.ts';
import { validate } from '../base/validate.ts';
import { expectValues, type Distribution, type Params, type ParameterValue } from '../search/index.ts';
import { isMeasure, parseLimit } from './measures.ts';
import type { SearchTask, Settings, StudyTask } from './task.ts';

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

/**
 * Finds out whether a trial that was run elsewhere can be one of a search.
 * @param values of the trial: the score, and the measures that are objectives too
 * @throws UserError for parameters that cannot be trained, and for values that the metric or a measure cannot have
 */
export function expectPossible(
  { fixed, metric: named, objectives = [] }: StudyTask,
  params: Params,
  values: readonly number[],
): void {
  validate(parametersSchema, { ...fixed, ...params }, 'the trial');
  const metric = findMetric(metricNames.find((name) => name === named) ?? 'accuracy');
  const [low, high] = metric.range;
  const [score, ...measured] = values;
  if (!(score >= low && score <= high)) {
    const hint = named === undefined ? ' An accuracy of 98.74 % is 0.9874.' : '';
    throw new UserError(
      `Expected the ${metric.title} of the trial to be from ${low} to ${shortNumber(high)}, got ${score}.${hint}`,
    );
  }
  for (const [i, value] of measured.entries()) {
    if (value < 0) throw new UserError(`Expected the ${objectives[i]} of the trial to be at least 0, got ${value}.`);
  }
}

/**
 * By how much such a trial misses the constraints of the search.
 * @param values as for `expectPossible`
 * @returns for each constraint; NaN, which counts as missed, where what it bounds is not among the values
 */
export function constraintsOf(
  { objectives = [], constraints = [] }: StudyTask,
  [score, ...measured]: readonly number[],
): Readonly<Record<string, number>> {
  const limits = constraints.map((text) => parseLimit(text, 'a constraint of the study'));
  const known = (of: string): number => (isMeasure(of) ? (measured[objectives.indexOf(of)] ?? NaN) : score);
  return Object.fromEntries(limits.map(({ text, of, missedBy }) => [text, missedBy(known(of))]));
}

/** Values that are in range only if all of the distribution are: its ends, and for floats one that is no whole number. */
function extremes(distribution: Distribution): readonly ParameterValue[] {
  if (distribution.kind === 'categorical') return distribution.choices;
  const { kind, low, high, step } = distribution;
  if (kind === 'int' || low === high) return [low, high];
  return [low, high, step === undefined ? low + (high - low) / Math.PI : low + step];
}
