/**
 * The row of a trial as a record: anything that this program does not write is damage. A store has many such rows, and
 * schemas of zod would take three times as long as these checks.
 */
import { UserError } from '../../base/user-error.ts';
import type { Params } from '../distributions.ts';
import type { FrozenTrial, Seen, TrialState } from '../frozen-trial.ts';
import type { JsonValue } from '../json-value.ts';
import { isParameterValue, spaceSchema, readOnce } from './row-schemas.ts';

type Columns = Readonly<Record<string, unknown>>;

/** @throws UserError or ZodError if a column is damaged */
export function readTrialRow(row: Columns): FrozenTrial {
  const seen = orNone(row.seen, seenOf);
  const values = orNone(row.objective_values, numberListOf);
  const constraints = orNone(row.constraint_values, constraintsOf);
  return {
    number: expected(row.number, isWhole),
    state: expected(row.state, isState),
    value: expected(row.value, isNumberOrNull),
    params: paramsOf(row.params),
    distributions: distributionsOf(row.distributions),
    intermediateValues: reportsOf(row.intermediate_values),
    userAttributes: attributesOf(row.user_attributes),
    createdAt: expected(row.created_at, isText),
    startedAt: expected(row.started_at, isTextOrNull),
    finishedAt: expected(row.finished_at, isTextOrNull),
    ...(seen && { seen }),
    ...(values && { values }),
    ...(constraints && { constraints }),
  };
}

function expected<T>(column: unknown, isRight: (column: unknown) => column is T): T {
  if (isRight(column)) return column;
  throw new UserError('unexpected content of a column');
}

/** Columns of later formats: trials of earlier ones have none. */
const orNone = <T>(column: unknown, read: (column: unknown) => T): T | undefined =>
  column === null || column === undefined ? undefined : read(column);

const states: ReadonlySet<unknown> = new Set<TrialState>(['RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING']);
const isState = (column: unknown): column is TrialState => states.has(column);
const isText = (column: unknown): column is string => typeof column === 'string';
const isTextOrNull = (column: unknown): column is string | null => column === null || isText(column);
const isWhole = (column: unknown): column is number => Number.isSafeInteger(column) && (column as number) >= 0;
const isNumber = (column: unknown): column is number => Number.isFinite(column);
const isNumberOrNull = (column: unknown): column is number | null => column === null || isNumber(column);

const isListOf = <T>(list: unknown, isRight: (item: unknown) => item is T): list is T[] =>
  Array.isArray(list) && list.every(isRight);

function isRecordOf<T>(content: unknown, isRight: (value: unknown) => boolean): content is Record<string, T> {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return false;
  for (const key in content) if (!isRight((content as Record<string, unknown>)[key])) return false;
  return true;
}

/** Reads a column of JSON. */
const column = <T>(isRight: (content: unknown) => content is T) => readOnce((content) => expected(content, isRight));

const paramsOf = column((content): content is Params => isRecordOf(content, isParameterValue));
const attributesOf = column((content): content is Record<string, JsonValue> => isRecordOf(content, () => true));
const numberListOf = column((content): content is number[] => isListOf(content, isNumber));
const distributionsOf = readOnce((content) => spaceSchema.parse(content));

/** JSON has no NaN: it writes null. */
const numbersColumn = () =>
  readOnce((content): Record<string, number> => {
    const numbers = expected(content, (found) => isRecordOf<number | null>(found, isNumberOrNull));
    for (const key in numbers) numbers[key] ??= NaN;
    return numbers as Record<string, number>;
  });
const reportsOf = numbersColumn();
const constraintsOf = numbersColumn();

const isWholes = (list: unknown): list is number[] => isListOf(list, isWhole);
const isTexts = (list: unknown): list is string[] => isListOf(list, isText);
const seenKeys: Readonly<Record<keyof Seen, (value: unknown) => boolean>> = {
  count: isWhole,
  running: isWholes,
  waiting: isWholes,
  known: (list) => isListOf(list, isTexts),
  given: isTexts,
  settings: isWhole,
  added: (value) => value === true,
};
const seenOf = column((content): content is Seen => {
  if (!isRecordOf(content, () => true)) return false;
  for (const key in content) {
    if (!Object.hasOwn(seenKeys, key) || !seenKeys[key as keyof Seen](content[key])) return false;
  }
  return 'count' in content && 'running' in content;
});
