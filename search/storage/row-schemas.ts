/** What the rows of a store hold: anything else is damage. */
import { z } from 'zod';
import { parseJson } from '../../base/json.ts';
import { ownerSchema } from '../../base/owner-schema.ts';
import { UserError } from '../../base/user-error.ts';
import type { ParameterValue } from '../distributions.ts';
import type { JsonValue } from '../json-value.ts';

/** Longest JSON of a column, in characters: far more than any trial needs. */
const LONGEST_COLUMN = 2 ** 24;

const wholeNumber = z.int().nonnegative();
const isParameterValue = (value: unknown): boolean =>
  value === null || ['number', 'string', 'boolean'].includes(typeof value);
const parameterValue = z.custom<ParameterValue>(isParameterValue);
const bounds = { low: z.number(), high: z.number(), step: z.number().optional(), log: z.boolean().optional() };
const distribution = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('float'), ...bounds }),
  z.object({ kind: z.literal('int'), ...bounds }),
  z.object({ kind: z.literal('categorical'), choices: z.array(parameterValue) }),
]);
const space = z.record(z.string(), distribution);

const direction = z.enum(['maximize', 'minimize']);

const lag = z.union([z.int().positive(), z.enum(['growing', 'none'])]);

const prior = z.strictObject({
  study: z.string(),
  direction,
  trials: z.array(z.strictObject({ params: z.record(z.string(), parameterValue), value: z.number() })),
});

const definition = z.object({
  name: z.string(),
  direction,
  directions: z.array(direction).min(2).optional(),
  metricNames: z.array(z.string()).optional(),
  seed: z.int(),
  space: space.nullable(),
  // Files of format 1 did not know the following: its studies learnt from every trial.
  sampler: z.string().default('tpe'),
  pruner: z.string().default('none'),
  lag: lag.default(1),
  task: z.json().default(null),
  wantedTrials: z.int().positive().optional(),
  earlyStop: z.strictObject({ reason: z.string(), finished: wholeNumber }).optional(),
  earlier: z
    .array(
      z.strictObject({
        space: space.nullable(),
        sampler: z.string(),
        pruner: z.string(),
        lag,
        prior: prior.optional(),
      }),
    )
    .optional(),
  confirmations: z
    .array(
      z.strictObject({
        trial: wholeNumber,
        seed: z.int(),
        value: z.number().nullable(),
        standardError: z.number().nullable(),
      }),
    )
    .optional(),
  prior: prior.optional(),
});

/** A row of a study. */
export const studyRow = z.object({ id: z.number(), definition: json(definition), revision: wholeNumber });

const seen = z.strictObject({
  count: wholeNumber,
  running: z.array(wholeNumber),
  waiting: z.array(wholeNumber).optional(),
  known: z.array(z.array(z.string())).optional(),
  given: z.array(z.string()).optional(),
  settings: wholeNumber.optional(),
  added: z.literal(true).optional(),
});

/** What a claim reads of a trial. */
export const leaseRow = z
  .object({
    number: wholeNumber,
    state: z.enum(['RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING']),
    owner: json(ownerSchema).nullable(),
    // In milliseconds, by the clock of the store.
    lease_left: z.number().nullable(),
    /** As PostgreSQL writes it. */
    lease: z.string().nullish(),
    revision: wholeNumber,
  })
  .transform(({ lease_left: leaseLeftMs, ...row }) => ({ ...row, leaseLeftMs: leaseLeftMs ?? 0 }));

/** JSON has no NaN: it writes null. */
const numbers = recordOf<number | null>((value) => value === null || typeof value === 'number').transform((values) => {
  for (const [step, value] of Object.entries(values)) values[step] = value ?? NaN;
  return values as Record<string, number>;
});

/** The owner of a trial. */
export const ownerRow = z.object({ number: wholeNumber, owner: json(ownerSchema) });

/** A row of a trial. */
export const trialRow = z.object({
  number: wholeNumber,
  state: z.enum(['RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING']),
  value: z.number().nullable(),
  params: json(recordOf<ParameterValue>(isParameterValue)),
  distributions: json(space),
  intermediate_values: json(numbers),
  user_attributes: json(recordOf<JsonValue>(() => true)),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  // Trials of earlier formats have none.
  seen: json(seen).nullish(),
  // Studies of one objective, and those without constraints, have none.
  objective_values: json(z.array(z.number())).nullish(),
  constraint_values: json(numbers).nullish(),
});

export type LeaseRow = z.output<typeof leaseRow>;
export type StudyRow = z.output<typeof studyRow>;

/**
 * Schema of a column that holds JSON as text. Values of columns repeat themselves from row to row, as the distributions
 * of most studies do: each is read once.
 */
export function json<T extends z.ZodType>(content: T) {
  let known: { readonly text: string; readonly value: z.output<T> } | undefined;
  return z.string().transform((text, context): z.output<T> => {
    if (known?.text === text) return known.value;
    try {
      if (text.length > LONGEST_COLUMN) throw new UserError(`longer than ${LONGEST_COLUMN} characters`);
      known = { text, value: content.parse(parseJson(text, 'a column')) };
      return known.value;
    } catch (error) {
      if (!(error instanceof UserError || error instanceof z.ZodError)) throw error;
      context.addIssue(error.message);
      return z.NEVER;
    }
  });
}

/** Schema of a record in parsed JSON. (zod's own record takes ten times as long, and a store has many rows.) */
function recordOf<T>(isValue: (value: unknown) => boolean) {
  return z.custom<Record<string, T>>(
    (value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isValue),
  );
}
