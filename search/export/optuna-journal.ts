/**
 * A study as a journal file of Optuna, which `JournalStorage` of Optuna 3.1 and later loads and goes on with:
 * one line of JSON for the study, one for each of its settings as a user attribute, and one for each trial. Ids are
 * implicit: the order of the lines that create, from 0.
 *
 * A trial that runs here, or waits, becomes one that waits there, with its parameters fixed as by `enqueue_trial`.
 *
 * Constraints are a list there: all trials have all that any trial set, in one order. One that a trial did not set does not
 * bind it, and is 0.
 */
import { ownValue } from '../../base/own-value.ts';
import { visibleJson } from '../../base/printable.ts';
import type { Distribution, ParameterValue } from '../distributions.ts';
import { directionsOf } from '../direction.ts';
import type { StudySnapshot } from '../read-study.ts';
import { ownConstraintsAttribute } from '../optuna-attributes.ts';
import { isFinished } from '../frozen-trial.ts';
import type { FrozenTrial, TrialState } from '../frozen-trial.ts';

const operation = { createStudy: 0, studyAttribute: 2, studySystemAttribute: 3, createTrial: 4 };
const directions = { minimize: 1, maximize: 2 };
const states: Readonly<Record<TrialState, number>> = { RUNNING: 4, COMPLETE: 1, PRUNED: 2, FAIL: 3, WAITING: 4 };

export function toOptunaJournal({ definition, trials }: StudySnapshot): string {
  const study = {
    op_code: operation.createStudy,
    study_name: definition.name,
    directions: directionsOf(definition).map((direction) => directions[direction]),
  };
  const { seed, sampler, pruner, lag, task } = definition;
  const constraints = [...new Set(trials.flatMap((trial) => Object.keys(trial.constraints ?? {})))];
  const settings = { seed, sampler, pruner, lag, task, ...(constraints.length > 0 && { constraints }) };
  const attributes = Object.entries(settings).map(([name, value]) => ({
    op_code: operation.studyAttribute,
    study_id: 0,
    user_attr: { [name]: value },
  }));
  const names = definition.metricNames && {
    op_code: operation.studySystemAttribute,
    study_id: 0,
    system_attr: { 'study:metric_names': definition.metricNames },
  };
  const lines = [
    study,
    ...(names ? [names] : []),
    ...attributes,
    ...trials.map((trial) => trialLine(trial, constraints)),
  ];
  return lines.map((line) => `${pythonJson({ worker_id: 'wide-optima', ...line })}\n`).join('');
}

/** @param constrained names of all constraints of the study */
function trialLine(trial: FrozenTrial, constrained: readonly string[]): object {
  const {
    state,
    value,
    values,
    constraints = {},
    params,
    distributions,
    startedAt,
    finishedAt,
    userAttributes,
    intermediateValues,
  } = trial;
  const names = isFinished(trial) ? Object.keys(distributions) : [];
  return {
    op_code: operation.createTrial,
    study_id: 0,
    state: states[state],
    value: values === undefined ? value : null,
    values: values ?? null,
    datetime_start: startedAt === null ? null : pythonTime(startedAt),
    ...(finishedAt === null ? {} : { datetime_complete: pythonTime(finishedAt) }),
    params: Object.fromEntries(names.map((name) => [name, internalValue(distributions[name], params[name])])),
    distributions: Object.fromEntries(names.map((name) => [name, pythonJson(toOptuna(distributions[name]))])),
    user_attrs: userAttributes,
    system_attrs: {
      ...(!isFinished(trial) && { fixed_params: params }),
      ...(isFinished(trial) && constraintsOf(constraints, constrained)),
    },
    intermediate_values: intermediateValues,
  };
}

/** @param constrained names of all constraints of the study */
function constraintsOf(constraints: Readonly<Record<string, number>>, constrained: readonly string[]): object {
  if (constrained.length === 0) return {};
  const own = Object.keys(constraints);
  return {
    constraints: constrained.map((name) => violated(ownValue(constraints, name) ?? 0)),
    ...(own.length < constrained.length && { [ownConstraintsAttribute]: own }),
  };
}

/** Optuna knows no constraint that could not be found out: it is missed by far. */
const violated = (value: number): number => (Number.isNaN(value) ? Number.MAX_VALUE : value);

/** Numbers as they are, a choice by its index. */
function internalValue(distribution: Distribution, value: ParameterValue): ParameterValue {
  return distribution.kind === 'categorical' ? distribution.choices.indexOf(value) : value;
}

function toOptuna(distribution: Distribution): object {
  if (distribution.kind === 'categorical') {
    return { name: 'CategoricalDistribution', attributes: { choices: distribution.choices } };
  }
  const { kind, low, high, step, log = false } = distribution;
  return kind === 'float'
    ? { name: 'FloatDistribution', attributes: { step: step ?? null, low, high, log } }
    : { name: 'IntDistribution', attributes: { log, step: step ?? 1, low, high } };
}

/** Python 3.10 and earlier read neither `Z` nor milliseconds. */
const pythonTime = (time: string): string => time.replace(/\.(\d{3})Z$/, '.$1000+00:00');

/** JSON as Python writes and reads it: with NaN. */
function pythonJson(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return visibleJson(value);
  return `{${Object.entries(value)
    .map(([key, part]) => `${visibleJson(key)}:${pythonJson(part)}`)
    .join(',')}}`;
}
