/** A study seen along one parameter: the data of a scatter plot. */
import type { Distribution, ParameterValue } from '../distributions.ts';
import { StudyError } from '../study-error.ts';
import type { StudySnapshot } from '../read-study.ts';
import type { FrozenTrial } from '../frozen-trial.ts';

export interface Slice {
  readonly parameter: string;
  /** What the axis spans: the distribution of the newest trial, if they differ. */
  readonly distribution: Distribution;
  /** By trial number. */
  readonly points: readonly { readonly number: number; readonly x: ParameterValue; readonly value: number }[];
}

/** @throws StudyError if no complete trial has the parameter */
export function slice(study: StudySnapshot, parameter: string): Slice {
  const trials = completeWith(study, [parameter]);
  return {
    parameter,
    distribution: trials[trials.length - 1].distributions[parameter],
    points: trials.map(({ number, params, value }) => ({ number, x: params[parameter], value: value! })),
  };
}

/** Complete trials that have all of these parameters, at least one. @throws StudyError that names the known ones */
export function completeWith({ definition, trials }: StudySnapshot, parameters: readonly string[]): FrozenTrial[] {
  const complete = trials.filter(({ state }) => state === 'COMPLETE');
  const found = complete.filter(({ params }) => parameters.every((parameter) => Object.hasOwn(params, parameter)));
  if (found.length > 0) return found;
  const known = new Set(complete.flatMap(({ params }) => Object.keys(params)));
  throw new StudyError(
    `Expected a complete trial with ${parameters.map((name) => `\`${name}\``).join(' and ')} in study ` +
      `"${definition.name}", found none. ${known.size === 0 ? 'It has none at all' : `Known: ${[...known].join(', ')}`}.`,
  );
}
