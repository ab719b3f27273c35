/**
 * Reads a journal of Optuna 3.1 and later: each line is an operation, and ids are the numbers of the lines that create.
 * As there, an operation on a trial that has ended, or on a study that is not there, does nothing, and so does a second
 * study of one name. A last line without an end is one that is still being written.
 */
import { z } from 'zod';
import { validate } from '../../base/validate.ts';
import type { JsonValue } from '../json-value.ts';
import type { OptunaDirection, OptunaState, OptunaStudy, OptunaTrial } from './optuna.ts';
import { parsePythonJson } from '../python-json.ts';

const states: readonly OptunaState[] = ['RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING'];
const directions: readonly OptunaDirection[] = ['NOT_SET', 'MINIMIZE', 'MAXIMIZE'];

const id = z.int().nonnegative();
const state = z.int().min(0).max(4);
/** null stands for NaN, and a number may be infinite. */
const value = z.custom<number | null>((one) => one === null || typeof one === 'number', 'a number');
const attributes = z.record(z.string(), z.unknown());
const values = z.array(value).nullish();

const lineSchema = z.discriminatedUnion('op_code', [
  z.object({ op_code: z.literal(0), study_name: z.string(), directions: z.array(z.int().min(0).max(2)).min(1) }),
  z.object({ op_code: z.literal(1), study_id: id }),
  z.object({ op_code: z.literal(2), study_id: id, user_attr: attributes }),
  z.object({ op_code: z.literal(3), study_id: id, system_attr: attributes }),
  z.object({
    op_code: z.literal(4),
    study_id: id,
    state: state.default(0),
    value: value.optional(),
    values,
    params: z.record(z.string(), z.number()).default({}),
    distributions: z.record(z.string(), z.string()).default({}),
    user_attrs: attributes.default({}),
    system_attrs: attributes.default({}),
    intermediate_values: z.record(z.string(), value).default({}),
    datetime_start: z.string().nullish(),
    datetime_complete: z.string().nullish(),
  }),
  z.object({
    op_code: z.literal(5),
    trial_id: id,
    param_name: z.string(),
    param_value_internal: z.number(),
    distribution: z.string(),
  }),
  z.object({
    op_code: z.literal(6),
    trial_id: id,
    state,
    values,
    datetime_start: z.string().nullish(),
    datetime_complete: z.string().nullish(),
  }),
  z.object({ op_code: z.literal(7), trial_id: id, step: z.int(), intermediate_value: value }),
  z.object({ op_code: z.literal(8), trial_id: id, user_attr: attributes }),
  z.object({ op_code: z.literal(9), trial_id: id, system_attr: attributes }),
]);

type Line = z.output<typeof lineSchema>;
type TrialLine = Extract<Line, { readonly trial_id: number }>;
type Growing<T> = { -readonly [K in keyof T]: T[K] };
type GrowingTrial = Growing<OptunaTrial>;
type GrowingStudy = Growing<Omit<OptunaStudy, 'trials'>> & { trials: GrowingTrial[] };

/**
 * @param onNotice is told in a sentence of a last line that was left out
 * @throws UserError that names the line which is none
 */
export function readOptunaJournal(text: string, file: string, onNotice?: (sentence: string) => void): OptunaStudy[] {
  const studies: (GrowingStudy | null)[] = [];
  const trials: GrowingTrial[] = [];
  const lines = text.split('\n');
  const rest = lines.pop()!;
  if (rest.trim() !== '') {
    onNotice?.(`${file}:${lines.length + 1}: this last line is cut off, or is still being written. It is left out.`);
  }
  for (const [i, content] of lines.entries()) {
    if (content.trim() === '') continue;
    const place = `${file}:${i + 1}`;
    const operation = validate(lineSchema, parsePythonJson(content, place), place);
    if ('trial_id' in operation) {
      const trial = trials[operation.trial_id];
      if (trial?.state === 'RUNNING' || trial?.state === 'WAITING') changeTrial(trial, operation);
    } else changeStudy(studies, trials, operation);
  }
  return studies.filter((study) => study !== null);
}

function changeStudy(studies: (GrowingStudy | null)[], trials: GrowingTrial[], line: Exclude<Line, TrialLine>): void {
  if (line.op_code === 0) {
    if (studies.some((study) => study?.name === line.study_name)) return;
    studies.push({
      name: line.study_name,
      directions: line.directions.map((one) => directions[one]),
      userAttributes: {},
      systemAttributes: {},
      trials: [],
    });
    return;
  }
  const study = studies[line.study_id];
  if (study === undefined || study === null) return;
  if (line.op_code === 1) studies[line.study_id] = null;
  else if (line.op_code === 2) study.userAttributes = { ...study.userAttributes, ...asJson(line.user_attr) };
  else if (line.op_code === 3) study.systemAttributes = { ...study.systemAttributes, ...asJson(line.system_attr) };
  else {
    const trial: GrowingTrial = {
      state: states[line.state],
      values: line.values ?? (line.value === undefined ? null : [line.value]),
      params: line.params,
      distributions: line.distributions,
      userAttributes: asJson(line.user_attrs),
      systemAttributes: asJson(line.system_attrs),
      intermediateValues: Object.fromEntries(
        Object.entries(line.intermediate_values).map(([step, one]) => [step, one ?? NaN]),
      ),
      startedAt: line.datetime_start ?? null,
      finishedAt: line.datetime_complete ?? null,
    };
    trials.push(trial);
    study.trials.push(trial);
  }
}

function changeTrial(trial: GrowingTrial, line: TrialLine): void {
  if (line.op_code === 5) {
    trial.params = { ...trial.params, [line.param_name]: line.param_value_internal };
    trial.distributions = { ...trial.distributions, [line.param_name]: line.distribution };
  } else if (line.op_code === 6) {
    trial.state = states[line.state];
    trial.values = line.values ?? trial.values;
    trial.startedAt = line.datetime_start ?? trial.startedAt;
    trial.finishedAt = line.datetime_complete ?? trial.finishedAt;
  } else if (line.op_code === 7) {
    trial.intermediateValues = { ...trial.intermediateValues, [line.step]: line.intermediate_value ?? NaN };
  } else if (line.op_code === 8) trial.userAttributes = { ...trial.userAttributes, ...asJson(line.user_attr) };
  else trial.systemAttributes = { ...trial.systemAttributes, ...asJson(line.system_attr) };
}

const asJson = (content: z.output<typeof attributes>): Readonly<Record<string, JsonValue>> => content as never;
