/**
 * Rows of a database from and to records; JSON comes and goes as text. Rows that no version of this program writes are
 * refused as damage.
 */
import { z } from 'zod';
import { isAlive, leaseMs, ownerSchema } from '../../base/owner.ts';
import type { Owner } from '../../base/owner.ts';
import { StudyError } from '../study-error.ts';
import type { FrozenTrial } from '../trial.ts';
import { stillRunning } from './storage.ts';
import type { RunningTrial } from './storage.ts';

const parameterValue = z.union([z.number(), z.string(), z.boolean(), z.null()]);
const bounds = { low: z.number(), high: z.number(), step: z.number().optional(), log: z.boolean().optional() };
const distribution = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('float'), ...bounds }),
  z.object({ kind: z.literal('int'), ...bounds }),
  z.object({ kind: z.literal('categorical'), choices: z.array(parameterValue) }),
]);
const space = z.record(z.string(), distribution);

const definition = z.object({
  name: z.string(),
  direction: z.enum(['maximize', 'minimize']),
  seed: z.number(),
  space: space.nullable(),
  // Files of format 1 did not know the following: its studies learnt from every trial.
  sampler: z.string().default('tpe'),
  pruner: z.string().default('none'),
  lag: z.union([z.number(), z.literal('growing')]).default(1),
  task: z.json().default(null),
  wantedTrials: z.number().optional(),
});

const studyRow = z.object({ id: z.number(), definition: json(definition), revision: z.number() });

const leaseRow = z
  .object({
    number: z.number(),
    state: z.enum(['RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING']),
    owner: json(ownerSchema).nullable(),
    // In milliseconds, by the clock of the store.
    lease_left: z.number().nullable(),
    /** As PostgreSQL writes it. */
    lease: z.string().nullish(),
    revision: z.number(),
  })
  .transform(({ lease_left: leaseLeftMs, ...row }) => ({ ...row, leaseLeftMs: leaseLeftMs ?? 0 }));

const ownerRow = z.object({ number: z.number(), owner: json(ownerSchema) });

const trialRow = z.object({
  number: z.number(),
  state: z.enum(['RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING']),
  value: z.number().nullable(),
  params: json(z.record(z.string(), parameterValue)),
  distributions: json(space),
  // JSON has no NaN: it writes null.
  intermediate_values: json(
    z.record(
      z.string(),
      z
        .number()
        .nullable()
        .transform((value) => value ?? NaN),
    ),
  ),
  user_attributes: json(z.record(z.string(), z.json())),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
});

export type LeaseRow = z.output<typeof leaseRow>;
export type StudyRow = z.output<typeof studyRow>;

/** @throws StudyError if the row is damaged */
export function toStudy(row: unknown, location: string): StudyRow {
  return checked(studyRow, row, location);
}

/** Who runs a trial, as far as a claim must know it. @throws StudyError if the row is damaged */
export function toLease(row: unknown, location: string): LeaseRow {
  return checked(leaseRow, row, location);
}

/** Rows that have an owner, by number. @throws StudyError if one is damaged */
export function toOwners(rows: readonly unknown[], location: string): Map<number, Owner> {
  return new Map(rows.map((row) => checked(ownerRow, row, location)).map(({ number, owner }) => [number, owner]));
}

/** Whether `claimant` may claim the trial, of which it runs those of `running`. */
export function isFree({ number, state, owner, leaseLeftMs }: LeaseRow, claimant: Owner, running: readonly number[]) {
  if (state === 'WAITING' || owner === null) return true;
  if (owner.token === claimant.token) return !running.includes(number);
  return !isAlive(owner, leaseLeftMs > 0);
}

/** Of the trials that are not finished, those that were begun. */
export function toRunning(rows: readonly LeaseRow[]): RunningTrial[] {
  return rows.flatMap(({ number, state, owner, leaseLeftMs }) =>
    state === 'RUNNING' && owner !== null
      ? [{ number, owner, isAlive: isAlive(owner, leaseLeftMs > 0), leaseLeftMs }]
      : [],
  );
}

/** @throws StudyError if one of these trials is being run */
export function refuseRunning(study: string, location: string, rows: readonly LeaseRow[]): void {
  const running = toRunning(rows).find((trial) => trial.isAlive);
  if (running !== undefined) throw stillRunning(study, location, running);
}

/** Whether a lease lasts longer than any that is given: a clock was set back, or that of its owner is ahead. */
export const isTooLong = ({ leaseLeftMs }: LeaseRow): boolean => leaseLeftMs > leaseMs;

/** @throws StudyError if the row is damaged */
export function toTrial(row: unknown, location: string): FrozenTrial {
  const columns = checked(trialRow, row, location);
  return {
    number: columns.number,
    state: columns.state,
    value: columns.value,
    params: columns.params,
    distributions: columns.distributions,
    intermediateValues: columns.intermediate_values,
    userAttributes: columns.user_attributes,
    createdAt: columns.created_at,
    startedAt: columns.started_at,
    finishedAt: columns.finished_at,
  };
}

export function damaged(location: string): string {
  return `${location} is damaged: restore it from a copy, or use another storage.`;
}

/** In the order of the columns, which is that of the schema; owner, lease and revision follow. */
export function toColumns(trial: FrozenTrial) {
  return [
    trial.number,
    trial.state,
    trial.value,
    JSON.stringify(trial.params),
    JSON.stringify(trial.distributions),
    JSON.stringify(trial.intermediateValues),
    JSON.stringify(trial.userAttributes),
    trial.createdAt,
    trial.startedAt,
    trial.finishedAt,
  ];
}

function json<T extends z.ZodType>(content: T) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue('not JSON');
        return z.NEVER;
      }
    })
    .pipe(content);
}

function checked<T extends z.ZodType>(schema: T, row: unknown, location: string): z.output<T> {
  const result = schema.safeParse(row);
  if (!result.success) throw new StudyError(damaged(location), { cause: result.error });
  return result.data;
}
