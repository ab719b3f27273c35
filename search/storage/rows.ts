/**
 * Rows of a database from and to records; JSON comes and goes as text. Every row of a study or a trial has a checksum,
 * and rows that this program has not written so are refused as damage.
 */
import { crc32 } from 'node:zlib';
import type { z } from 'zod';
import { isAlive, leaseMs, type Owner } from '../../base/owner.ts';
import { ownerSchema } from '../../base/owner-schema.ts';
import { quoted } from '../../base/printable.ts';
import { StudyError } from '../study-error.ts';
import type { FrozenTrial } from '../frozen-trial.ts';
import { isOfContent, json, leaseRow, type LeaseRow, ownerRow, studyRow, type StudyRow } from './row-schemas.ts';
import { stillRunning } from './refusals.ts';
import { type RunningTrial } from './storage.ts';
import { readTrialRow } from './trial-row.ts';

/** A row as a driver gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** A row of a study, of a trial, or of trials' owners, with what a message needs to name it. */
export interface Origin {
  readonly study: string;
  /** Location of the store, for messages. */
  readonly location: string;
}

/** @throws StudyError if the row is damaged */
export function toStudy(row: Row, location: string): StudyRow {
  const name = String(row.name);
  const refuse = (): StudyError => damagedStudy({ study: name, location });
  const study = checked(studyRow, row, refuse);
  // A database holds no half of a character, as JSON does.
  if (study.definition.name.toWellFormed() !== name || !hasChecksum(row, studyChecksum)) throw refuse();
  return { ...study, definition: { ...study.definition, name } };
}

/** Who runs a trial, as far as a claim must know it. @throws StudyError if the row is damaged */
export function toLease(row: Row, origin: Origin): LeaseRow {
  expectIntact(row, origin);
  return checked(leaseRow, row, () => damagedTrial(row.number, origin));
}

/** The owner in a column; null if it has none that makes sense. */
export function ownerOf(column: unknown): Owner | null {
  return json(ownerSchema).safeParse(column).data ?? null;
}

/** Rows that have an owner, by number. @throws StudyError if one is damaged */
export function toOwners(rows: readonly Row[], origin: Origin): Map<number, Owner> {
  const known = new Map<unknown, Owner>();
  const ownerIn = (row: Row): Owner => {
    const { owner } = checked(ownerRow, row, () => damagedTrial(row.number, origin));
    known.set(row.owner, owner);
    return owner;
  };
  return new Map(rows.map((row) => [Number(row.number), known.get(row.owner) ?? ownerIn(row)]));
}

/** Whether `claimant` may claim the trial. It runs the trials whose numbers are in `running` already. */
export function isFree({ number, state, owner, leaseLeftMs }: LeaseRow, claimant: Owner, running: readonly number[]) {
  if (state === 'WAITING' || owner === null) return true;
  if (owner.token === claimant.token) return !running.includes(number);
  return !isAlive(owner, leaseLeftMs > 0);
}

/** The running trials among those that are not finished. */
export function toRunning(rows: readonly LeaseRow[]): RunningTrial[] {
  return rows.flatMap(({ number, state, owner, leaseLeftMs }) =>
    state === 'RUNNING' && owner !== null
      ? [{ number, owner, isAlive: isAlive(owner, leaseLeftMs > 0), leaseLeftMs }]
      : [],
  );
}

/**
 * Also of a study that is damaged: who makes no sense runs nothing.
 * @param rows of the trials that are not finished
 * @throws StudyError if one of these trials is being run
 */
export function refuseRunningRows(study: string, location: string, rows: readonly Row[]): void {
  for (const { number, state, owner: column, lease_left: left } of rows) {
    const owner = ownerOf(column);
    const leaseLeftMs = Number(left ?? 0);
    if (state !== 'RUNNING' || owner === null || !isAlive(owner, leaseLeftMs > 0)) continue;
    throw stillRunning(study, location, { number: Number(number), owner, isAlive: true, leaseLeftMs });
  }
}

/** Whether a lease lasts longer than any that is given: a clock was set back, or that of its owner is ahead. */
export const isTooLong = ({ leaseLeftMs }: LeaseRow): boolean => leaseLeftMs > leaseMs;

/** @throws StudyError if the row is damaged */
export function toTrial(row: Row, origin: Origin): FrozenTrial {
  expectIntact(row, origin);
  try {
    return readTrialRow(row);
  } catch (error) {
    if (!isOfContent(error)) throw error;
    throw damagedTrial(row.number, origin, error);
  }
}

/** The trials of a study, read one after the other by number, so that a long study need not be held twice. */
export class TrialsInOrder {
  readonly #origin: Origin;
  readonly #trials: FrozenTrial[] = [];
  #newest = 0;

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  /** Number of the trial that comes next. */
  get count(): number {
    return this.#trials.length;
  }

  /** Takes the rows that come next, and gives their number. @throws StudyError if one is damaged or missing */
  add(rows: Iterable<Row>): number {
    const before = this.count;
    for (const row of rows) {
      if (row.number !== this.count) throw damagedTrial(this.count, this.#origin);
      this.#newest = Math.max(this.#newest, Number(row.revision));
      this.#trials.push(toTrial(row, this.#origin));
    }
    return this.count - before;
  }

  /**
   * Takes what became of trials since they were read, and new ones.
   * @param revision of the study, which that of a trial has been at its time
   * @returns all trials @throws StudyError if a row is damaged or missing: numbers have no gaps
   */
  end(changed: readonly Row[], revision: number): FrozenTrial[] {
    const known = this.count;
    for (const row of changed.filter(({ number }) => Number(number) < known)) {
      this.#trials[Number(row.number)] = toTrial(row, this.#origin);
      this.#newest = Math.max(this.#newest, Number(row.revision));
    }
    this.add(changed.filter(({ number }) => Number(number) >= known));
    if (this.#newest < revision) throw damagedTrial(this.count, this.#origin);
    return this.#trials;
  }
}

export function damaged(location: string): string {
  return `${location} is damaged: restore it from a copy, or use another storage.`;
}

function damagedStudy({ study, location }: Origin): StudyError {
  return new StudyError(
    `Study ${quoted(study)} in ${location} is damaged: restore it from a copy, or delete the study and search again.`,
  );
}

function damagedTrial(number: unknown, { study, location }: Origin, cause?: Error): StudyError {
  return new StudyError(
    `Trial ${String(number)} of study ${quoted(study)} in ${location} is damaged or missing: restore it from a copy, ` +
      'or delete the study and search again.',
    { cause },
  );
}

/** Checksum of a row of studies: CRC-32 of what does not change when trials are added. */
export function studyChecksum({ id, name, definition: text }: Row): number {
  // A database turns half of a character into a mark.
  return crc32(JSON.stringify([id, String(name).toWellFormed(), text]));
}

/**
 * Checksum of a row of trials: CRC-32 of all but the lease, which PostgreSQL sets by its own clock. Later columns count
 * if there is something in them, so that rows of the formats that did not have them keep their checksums.
 */
export function trialChecksum(row: Row): number {
  let text = '';
  for (let i = 0; i < checkedColumns.length; i++) {
    const column = row[checkedColumns[i]];
    if (i < trialColumns.length || column) text += `${text === '' ? '[' : ','}${jsonOf(i, column)}`;
  }
  return crc32(`${text}]`);
}

/** For each of `checkedColumns` the JSON of the last long text: columns such as distributions repeat themselves. */
const lastTexts: { readonly text: string; readonly json: string }[] = [];
const LONG = 50;

/** JSON of a column as an item of a list. */
function jsonOf(place: number, column: unknown): string {
  if (typeof column !== 'string' || column.length < LONG) return JSON.stringify(column) ?? 'null';
  if (lastTexts[place]?.text !== column) lastTexts[place] = { text: column, json: JSON.stringify(column) };
  return lastTexts[place].json;
}

const recordColumns = [
  'number',
  'state',
  'value',
  'params',
  'distributions',
  'intermediate_values',
  'user_attributes',
  'created_at',
  'started_at',
  'finished_at',
] as const;
export const trialColumns = ['study_id', ...recordColumns, 'owner', 'revision'] as const;

/** Columns that trials got later, in the order in which stores got them: those of one format each. */
export const laterColumns = [['seen'], ['objective_values', 'constraint_values']] as const;

/** What a checksum covers, in its order. */
const checkedColumns: readonly string[] = [...trialColumns, ...laterColumns.flat()];

/** The row of a trial, without its lease. @param owner of a trial that runs or ran */
export function toRow(studyId: number, trial: FrozenTrial, owner: Owner | null, revision: number) {
  const row = {
    study_id: studyId,
    number: trial.number,
    state: trial.state,
    value: trial.value,
    params: JSON.stringify(trial.params),
    distributions: JSON.stringify(trial.distributions),
    intermediate_values: JSON.stringify(trial.intermediateValues),
    user_attributes: JSON.stringify(trial.userAttributes),
    created_at: trial.createdAt,
    started_at: trial.startedAt,
    finished_at: trial.finishedAt,
    owner: owner === null || trial.state === 'WAITING' ? null : JSON.stringify(owner),
    revision,
    seen: trial.seen === undefined ? null : JSON.stringify(trial.seen),
    objective_values: trial.values === undefined ? null : JSON.stringify(trial.values),
    constraint_values: trial.constraints === undefined ? null : JSON.stringify(trial.constraints),
  };
  return { ...row, checksum: trialChecksum(row) };
}

function expectIntact(row: Row, origin: Origin): void {
  if (!hasChecksum(row, trialChecksum)) throw damagedTrial(row.number, origin);
}

/** Tables of an earlier format, which are only read, have none. */
function hasChecksum(row: Row, checksumOf: (row: Row) => number): boolean {
  return row.checksum === undefined || row.checksum === checksumOf(row);
}

function checked<T extends z.ZodType>(schema: T, row: Row, refuse: () => StudyError): z.output<T> {
  const result = schema.safeParse(row);
  if (result.success) return result.data;
  const error = refuse();
  error.cause = result.error;
  throw error;
}
