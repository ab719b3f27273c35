/** A trial that was not run here: it is added with its parameters and its result. */
import { ownValue } from '../base/own-value.ts';
import { described, printable } from '../base/printable.ts';
import { directionsOf } from './direction.ts';
import { expectParams, expectValues, type Distribution, type Params, type SearchSpace } from './distributions.ts';
import { expectOptions, type OptionKinds } from './expect-options.ts';
import type { FrozenTrial, Seen } from './frozen-trial.ts';
import type { JsonValue } from './json-value.ts';
import { recordOf, type Outcome } from './outcome.ts';
import { newTrial } from './storage/claims.ts';
import { type StudyDefinition } from './storage/storage.ts';
import { Trial } from './trial.ts';

export interface AddedTrialDetails {
  /** The distribution of each parameter. Default: those of the search space, else those of the newest trial that has the parameter. */
  readonly distributions?: SearchSpace;
  /** Reported values by step. Default: none. */
  readonly intermediateValues?: Readonly<Record<number, number>>;
  readonly userAttributes?: Readonly<Record<string, JsonValue>>;
  readonly constraints?: Readonly<Record<string, number>>;
  /** ISO 8601. Default: not known. */
  readonly startedAt?: string | null;
  /** ISO 8601. Default: not known. */
  readonly finishedAt?: string | null;
}

const detailKinds: OptionKinds<AddedTrialDetails> = {
  distributions: 'object',
  intermediateValues: 'object',
  userAttributes: 'object',
  constraints: 'object',
  startedAt: 'any',
  finishedAt: 'any',
};

/** What such a trial saw: nothing of it was suggested here. */
export const addedMark: Seen = { count: 0, running: [], added: true };

/**
 * The record of a trial that is added to a study, with number 0.
 * @param trials of the study
 * @throws RangeError for parameters that the study does not have, or lacks; TypeError for an invalid outcome
 */
export function addedTrial(
  params: Params,
  outcome: Outcome,
  details: AddedTrialDetails,
  definition: StudyDefinition,
  trials: readonly FrozenTrial[],
): FrozenTrial {
  expectOptions('addTrial', details, detailKinds);
  const { space } = definition;
  if (space === null) expectParams(params);
  else expectValues(space, params);
  const missing = Object.keys(space ?? {}).find((name) => !Object.hasOwn(params, name));
  if (missing !== undefined) {
    throw new RangeError(
      `Expected a value of each parameter of the study, got none of \`${printable(missing)}\`: add it.`,
    );
  }
  const distributions = Object.fromEntries(
    Object.keys(params).map((name) => [name, distributionOf(name, details.distributions ?? {}, space ?? {}, trials)]),
  );
  if (space === null) expectValues(distributions, params);
  const times = {
    startedAt: timeOf('startedAt', details.startedAt),
    finishedAt: timeOf('finishedAt', details.finishedAt),
  };
  return recordedTrial(params, outcome, { ...details, ...times, distributions }, directionsOf(definition).length);
}

/** @returns it in UTC @throws RangeError for anything but a time in ISO 8601 */
function timeOf(name: string, time: string | null | undefined): string | null {
  if (time === null || time === undefined) return null;
  const parsed = new Date(typeof time === 'string' && /^\d{4}-\d\d-\d\d/.test(time) ? time : NaN);
  if (!Number.isNaN(parsed.getTime())) return parsed.toISOString();
  throw new RangeError(
    `Expected \`${name}\` to be a time in ISO 8601 such as 2026-01-31T12:00:00Z, or null, got ${described(time)}.`,
  );
}

/** @param objectives how many values it has */
export function recordedTrial(
  params: Params,
  outcome: Outcome,
  { distributions, ...details }: AddedTrialDetails & { readonly distributions: SearchSpace },
  objectives: number,
): FrozenTrial {
  const {
    intermediateValues = {},
    userAttributes = {},
    constraints = {},
    startedAt = null,
    finishedAt = null,
  } = details;
  const never = (): never => {
    throw new RangeError('Expected a value of each parameter of an added trial.');
  };
  const now = newTrial(0, 'RUNNING', params);
  // As a space, distributions allow values outside of their ranges.
  const trial = new Trial(
    { ...now, createdAt: startedAt ?? finishedAt ?? now.createdAt, startedAt, seen: addedMark },
    { draw: never, prune: never, history: [], space: distributions },
  );
  for (const [name, distribution] of Object.entries(distributions)) trial.suggest(name, distribution);
  for (const [step, value] of Object.entries(intermediateValues)) trial.report(value, Number(step));
  for (const [name, value] of Object.entries(userAttributes)) trial.setUserAttribute(name, value);
  for (const [name, value] of Object.entries(constraints)) trial.setConstraint(name, value);
  return { ...recordOf(trial, outcome, objectives), finishedAt };
}

function distributionOf(
  name: string,
  given: SearchSpace,
  space: SearchSpace,
  trials: readonly FrozenTrial[],
): Distribution {
  const known =
    ownValue(given, name) ??
    ownValue(space, name) ??
    trials.findLast(({ distributions }) => Object.hasOwn(distributions, name))?.distributions[name];
  if (known !== undefined) return known;
  throw new RangeError(
    `Expected a distribution of \`${printable(name)}\`, which no trial of the study has: give \`distributions\`.`,
  );
}
