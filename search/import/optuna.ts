/** Studies of Optuna as records of ours, whatever file they come from. */
import { z } from 'zod';
import { printable, quoted } from '../../base/printable.ts';
import { recordedTrial } from '../added-trial.ts';
import { parseDistribution, type Distribution, type ParameterValue, type SearchSpace } from '../distributions.ts';
import type { FrozenTrial } from '../frozen-trial.ts';
import type { JsonValue } from '../json-value.ts';
import type { Outcome } from '../outcome.ts';
import { pruners } from '../pruners/index.ts';
import { samplers } from '../samplers/index.ts';
import { newTrial, numbered } from '../storage/claims.ts';
import { type StudyDefinition } from '../storage/storage.ts';
import { StudyError } from '../study-error.ts';
import { numberAttribute, ownConstraintsAttribute } from '../optuna-attributes.ts';
import { parsePythonJson } from '../python-json.ts';

export type OptunaState = 'RUNNING' | 'WAITING' | 'COMPLETE' | 'PRUNED' | 'FAIL';
export type OptunaDirection = 'NOT_SET' | 'MINIMIZE' | 'MAXIMIZE';

/** A trial as Optuna stores it. */
export interface OptunaTrial {
  readonly state: OptunaState;
  /** One for each objective; null where there is none. */
  readonly values: readonly (number | null)[] | null;
  /** As stored: numbers as they are, a choice as its index. */
  readonly params: Readonly<Record<string, number>>;
  /** In JSON. */
  readonly distributions: Readonly<Record<string, string>>;
  readonly userAttributes: Readonly<Record<string, JsonValue>>;
  readonly systemAttributes: Readonly<Record<string, JsonValue>>;
  readonly intermediateValues: Readonly<Record<string, number>>;
  /** As Python writes times; without a zone they are local. */
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

export interface OptunaStudy {
  readonly name: string;
  readonly directions: readonly OptunaDirection[];
  readonly userAttributes: Readonly<Record<string, JsonValue>>;
  readonly systemAttributes: Readonly<Record<string, JsonValue>>;
  readonly trials: readonly OptunaTrial[];
}

export interface ImportedStudy {
  readonly definition: StudyDefinition;
  /** Finished ones, and those that wait, numbered from 0. */
  readonly trials: readonly FrozenTrial[];
  /** Trials that were running when the file was read, which are left out. */
  readonly running: number;
  /** Complete trials with a value that is not finite, which are taken as failed. */
  readonly diverged: number;
  /** User attributes of the study in the file, which a study here has no place for. */
  readonly leftOut: readonly string[];
}

/**
 * The search space is that of all trials if it is the same in all; else the study is one whose objective names the
 * parameters. Settings come back from a journal that was exported here; of other files they are the usual ones.
 * @throws StudyError for what no study of ours can hold
 */
export function fromOptuna(study: OptunaStudy, file: string): ImportedStudy {
  const { name, userAttributes, systemAttributes } = study;
  const refuse = (what: string, cause?: unknown): StudyError =>
    new StudyError(`${file}: study ${quoted(name)} cannot be imported: ${what}`, { cause });
  const directions = study.directions.map((direction) => {
    if (direction === 'NOT_SET') throw refuse('it does not say whether values are to be minimized or maximized.');
    return direction === 'MINIMIZE' ? 'minimize' : 'maximize';
  });
  const named = nameList.safeParse(userAttributes.constraints).data ?? [];
  let count = 0;
  const kept = study.trials.flatMap((trial, number) => {
    if (trial.state === 'RUNNING') return [];
    try {
      const record = trial.state === 'WAITING' ? waiting(trial) : finished(trial, directions.length, named);
      const isMoved = number !== count;
      count += 1;
      return [isMoved ? withAttribute(record, numberAttribute, number) : record];
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof TypeError || error instanceof StudyError)) throw error;
      throw refuse(`trial ${number}: ${error.message}`, error);
    }
  });
  const trials = numbered(kept, 0);
  const names = nameList.length(directions.length).safeParse(systemAttributes['study:metric_names']).data;
  const own = settings.safeParse(userAttributes).data;
  const ours = own ? [...Object.keys(settings.shape), 'constraints'] : [];
  const definition: StudyDefinition = {
    name,
    direction: directions[0],
    ...(directions.length > 1 && { directions }),
    ...(names && { metricNames: names }),
    ...(own ?? {
      seed: 0,
      sampler: 'auto',
      pruner: 'none',
      lag: 'none',
      task: null,
    }),
    space: commonSpace(trials),
  };
  return {
    definition,
    trials,
    running: study.trials.length - trials.length,
    diverged: study.trials.filter(isDiverged).length,
    leftOut: Object.keys(userAttributes).filter((key) => !ours.includes(key)),
  };
}

const nameList = z.array(z.string());

const isDiverged = ({ state, values }: OptunaTrial): boolean =>
  state === 'COMPLETE' && (values ?? []).some((value) => !Number.isFinite(value));

const withAttribute = (trial: FrozenTrial, name: string, value: JsonValue): FrozenTrial => ({
  ...trial,
  userAttributes: { ...trial.userAttributes, [name]: value },
});

/** What an export of ours keeps as attributes of the study. */
const settings = z.object({
  seed: z.int(),
  sampler: z.enum([...Object.keys(samplers), 'custom']),
  pruner: z.enum([...Object.keys(pruners), 'custom']),
  lag: z.union([z.int().positive(), z.enum(['growing', 'none'])]),
  task: z.json(),
});

function waiting({ systemAttributes, userAttributes }: OptunaTrial): FrozenTrial {
  const params = z.record(z.string(), parameter).safeParse(systemAttributes.fixed_params ?? {});
  if (!params.success) throw new RangeError('its `fixed_params` are not single values.');
  return { ...newTrial(0, 'WAITING', params.data), userAttributes };
}

const parameter = z.union([z.number(), z.string(), z.boolean(), z.null()]);

function finished(trial: OptunaTrial, objectives: number, named: readonly string[]): FrozenTrial {
  const { params: stored, userAttributes, intermediateValues } = trial;
  const distributions: Record<string, Distribution> = {};
  const params: Record<string, ParameterValue> = {};
  for (const [name, value] of Object.entries(stored)) {
    const distribution = parseDistribution(name, toDistribution(name, trial.distributions[name]));
    distributions[name] = distribution;
    params[name] = distribution.kind === 'categorical' ? distribution.choices[value] : value;
    if (params[name] === undefined) throw new RangeError(`\`${printable(name)}\` has no choice ${value}.`);
  }
  const startedAt = toTime(trial.startedAt);
  return recordedTrial(
    params,
    outcomeOf(trial, objectives),
    {
      distributions,
      intermediateValues,
      userAttributes,
      constraints: constraintsOf(trial, named),
      startedAt,
      finishedAt: toTime(trial.finishedAt),
    },
    objectives,
  );
}

/** @param named what the study says that its constraints are called */
function constraintsOf({ systemAttributes }: OptunaTrial, named: readonly string[]): Readonly<Record<string, number>> {
  const missed = z.array(z.number()).safeParse(systemAttributes.constraints).data ?? [];
  const set = nameList.safeParse(systemAttributes[ownConstraintsAttribute]).data ?? named;
  const all = missed.map((value, i) => [named[i] ?? `constraint ${i + 1}`, value] as const);
  return Object.fromEntries(all.filter(([name]) => set.includes(name) || !named.includes(name)));
}

function outcomeOf({ state, values, userAttributes }: OptunaTrial, objectives: number): Outcome {
  if (state === 'PRUNED') return { state: 'PRUNED' };
  if (state === 'FAIL') {
    const { failure } = userAttributes;
    return { state: 'FAIL', reason: typeof failure === 'string' ? failure : 'it failed in Optuna' };
  }
  const known = (values ?? []).map((value) => value ?? NaN);
  if (known.length !== objectives)
    throw new RangeError(`it is complete, with ${known.length} of ${objectives} values.`);
  return objectives === 1 ? known[0] : known;
}

const bounds = { low: z.number(), high: z.number(), step: z.number().nullish(), log: z.boolean().optional() };
const distributionSchema = z.discriminatedUnion('name', [
  z.object({ name: z.literal('FloatDistribution'), attributes: z.object(bounds) }),
  z.object({ name: z.literal('IntDistribution'), attributes: z.object(bounds) }),
  z.object({ name: z.literal('CategoricalDistribution'), attributes: z.object({ choices: z.array(parameter) }) }),
  // Files of Optuna before version 3 have these.
  z.object({ name: z.literal('UniformDistribution'), attributes: z.object(bounds) }),
  z.object({ name: z.literal('LogUniformDistribution'), attributes: z.object(bounds) }),
  z.object({
    name: z.literal('DiscreteUniformDistribution'),
    attributes: z.object({ low: z.number(), high: z.number(), q: z.number() }),
  }),
  z.object({ name: z.literal('IntUniformDistribution'), attributes: z.object(bounds) }),
  z.object({ name: z.literal('IntLogUniformDistribution'), attributes: z.object(bounds) }),
]);

function toDistribution(name: string, text: string | undefined): Distribution {
  const parsed = distributionSchema.safeParse(text === undefined ? undefined : parsePythonJson(text, 'a distribution'));
  if (!parsed.success) {
    throw new RangeError(
      `\`${printable(name)}\` has a distribution that is not known here, ${printable(text ?? 'none', 200)}: ` +
        'choices must be numbers, texts, true, false or null.',
    );
  }
  const { data } = parsed;
  if (data.name === 'CategoricalDistribution') return { kind: 'categorical', choices: data.attributes.choices };
  if (data.name === 'DiscreteUniformDistribution') {
    const { low, high, q } = data.attributes;
    return { kind: 'float', low, high, step: q };
  }
  const { low, high, step, log } = data.attributes;
  const isLog = log === true || data.name.includes('Log');
  const kind = data.name.startsWith('Int') ? 'int' : 'float';
  return { kind, low, high, ...(typeof step === 'number' && { step }), ...(isLog && { log: true }) };
}

/** ISO 8601, UTC. */
function toTime(text: string | null): string | null {
  if (text === null) return null;
  const time = new Date(text.replace(' ', 'T'));
  if (Number.isNaN(time.getTime())) throw new RangeError(`its time ${quoted(text)} is none.`);
  return time.toISOString();
}

/** The distributions of all trials, if they are the same; trials that failed may have fewer. Else null. */
function commonSpace(trials: readonly FrozenTrial[]): SearchSpace | null {
  const space = trials.find(({ state }) => state === 'COMPLETE' || state === 'PRUNED')?.distributions ?? {};
  const names = Object.keys(space);
  const fits = ({ state, distributions }: FrozenTrial): boolean => {
    if (state === 'WAITING') return true;
    const own = Object.keys(distributions);
    if (state !== 'FAIL' && own.length !== names.length) return false;
    return own.every(
      (name) => Object.hasOwn(space, name) && JSON.stringify(space[name]) === JSON.stringify(distributions[name]),
    );
  };
  return names.length > 0 && trials.every(fits) ? space : null;
}
