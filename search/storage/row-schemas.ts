/** What the rows of a store hold: anything else is damage. */
import { z } from 'zod';
import { parseBounded } from '../../base/json.ts';
import { ownerSchema } from '../../base/owner-schema.ts';
import { UserError } from '../../base/user-error.ts';
import type { ParameterValue } from '../distributions.ts';

/** Longest JSON of a column, in characters: far more than any trial needs. */
const LONGEST_COLUMN = 2 ** 24;

const wholeNumber = z.int().nonnegative();
export const isParameterValue = (value: unknown): boolean =>
  value === null || ['number', 'string', 'boolean'].includes(typeof value);
const parameterValue = z.custom<ParameterValue>(isParameterValue);
const bounds = { low: z.number(), high: z.number(), step: z.number().optional(), log: z.boolean().optional() };
const distribution = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('float'), ...bounds }),
  z.object({ kind: z.literal('int'), ...bounds }),
  z.object({ kind: z.literal('categorical'), choices: z.array(parameterValue) }),
]);
export const spaceSchema = z.record(z.string(), distribution);

const direction = z.enum(['maximize', 'minimize']);

const lag = z.union([z.int().positive(), z.enum(['growing', 'none'])]);

const prior = z.strictObject({
  study: z.string(),
  direction,
  seed: z.int().optional(),
  trials: z.array(z.strictObject({ params: z.record(z.string(), parameterValue), value: z.number() })),
});

const definition = z.object({
  name: z.string(),
  direction,
  directions: z.array(direction).min(2).optional(),
  metricNames: z.array(z.string()).optional(),
  seed: z.int(),
  space: spaceSchema.nullable(),
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
        space: spaceSchema.nullable(),
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
  confirmedParts: z
    .array(z.strictObject({ trial: wholeNumber, seed: z.int(), part: wholeNumber, result: z.json() }))
    .optional(),
  prior: prior.optional(),
});

/** A row of a study. */
export const studyRow = z.object({ id: z.number(), definition: json(definition), revision: wholeNumber });

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

/** The owner of a trial. */
export const ownerRow = z.object({ number: wholeNumber, owner: json(ownerSchema) });

export type LeaseRow = z.output<typeof leaseRow>;
export type StudyRow = z.output<typeof studyRow>;

/**
 * Reader of a column that holds JSON as text. Values of columns repeat themselves from row to row, as the distributions
 * of most studies do: each is read once.
 * @throws UserError for another column than JSON of a bounded size, and the errors of `read`
 */
export function readOnce<T>(read: (content: unknown) => T): (column: unknown) => T {
  let known: { readonly text: string; readonly value: T } | undefined;
  return (text) => {
    if (known !== undefined && known.text === text) return known.value;
    if (typeof text !== 'string' || text.length > LONGEST_COLUMN) {
      throw new UserError(`expected text of at most ${LONGEST_COLUMN} characters`);
    }
    const value = read(parseBounded(text));
    known = { text, value };
    return value;
  };
}

/** Schema of such a column. */
export function json<T extends z.ZodType>(content: T) {
  const read = readOnce((value) => content.parse(value));
  return z.string().transform((text, context): z.output<T> => {
    try {
      return read(text);
    } catch (error) {
      if (!isOfContent(error)) throw error;
      context.addIssue(error.message);
      return z.NEVER;
    }
  });
}

/** Whether an error says that a column is damaged. */
export const isOfContent = (error: unknown): error is UserError | SyntaxError | z.ZodError =>
  error instanceof UserError || error instanceof SyntaxError || error instanceof z.ZodError;
