/**
 * A study as a table, one row for each trial, with the column names of Optuna's `trials_dataframe`. A cell is empty
 * where a trial has nothing of that name; a parameter or attribute that is null reads `null`.
 * Quoting follows RFC 4180.
 */
import { ownValue } from '../../base/own-value.ts';
import type { StudySnapshot } from '../study.ts';
import { durationSeconds } from '../trial.ts';
import type { FrozenTrial, JsonValue } from '../trial.ts';

export function toCsv({ trials }: StudySnapshot): string {
  const columns: [name: string, cell: (trial: FrozenTrial) => JsonValue | undefined][] = [
    ['number', ({ number }) => number],
    ['value', ({ value }) => value ?? undefined],
    ['datetime_start', ({ startedAt }) => startedAt ?? undefined],
    ['datetime_complete', ({ finishedAt }) => finishedAt ?? undefined],
    ['duration_seconds', (trial) => durationSeconds(trial) ?? undefined],
  ];
  for (const name of keysOf(trials.map(({ params }) => params))) {
    columns.push([`params_${name}`, ({ params }) => ownValue(params, name)]);
  }
  for (const name of keysOf(trials.map(({ userAttributes }) => userAttributes))) {
    columns.push([`user_attrs_${name}`, ({ userAttributes }) => ownValue(userAttributes, name)]);
  }
  for (const step of keysOf(trials.map(({ intermediateValues }) => intermediateValues))) {
    columns.push([`intermediate_values_${step}`, ({ intermediateValues }) => intermediateValues[Number(step)]]);
  }
  columns.push(['state', ({ state }) => state]);
  const rows = [columns.map(([name]) => name), ...trials.map((trial) => columns.map(([, cell]) => cell(trial)))];
  return rows.map((row) => `${row.map(quoted).join(',')}\n`).join('');
}

/** Every key that occurs, in the order of appearance; integers come first, rising. */
function keysOf(records: readonly object[]): string[] {
  // Without a prototype `__proto__` is a key as any other.
  const all: Record<string, true> = Object.create(null);
  for (const record of records) for (const key of Object.keys(record)) all[key] = true;
  return Object.keys(all);
}

function quoted(value: JsonValue | undefined): string {
  if (value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
