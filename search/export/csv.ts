/**
 * A study as a table, one row for each trial, with the column names of Optuna's `trials_dataframe`. A cell is empty
 * where a trial has nothing of that name; a parameter or attribute that is null reads `null`.
 * Quoting follows RFC 4180. Numbers are as they are. A text that a spreadsheet would take for a formula gets an
 * apostrophe before it, and what cannot be seen is written as `\u001b`: JSON is the form that keeps texts to the bit.
 * Source: OWASP, CSV injection.
 */
import { ownValue } from '../../base/own-value.ts';
import { printableLines } from '../../base/printable.ts';
import type { StudySnapshot } from '../read-study.ts';
import type { StudyDefinition } from '../storage/storage.ts';
import { durationSeconds, valuesOf } from '../frozen-trial.ts';
import type { JsonValue } from '../json-value.ts';
import type { FrozenTrial } from '../frozen-trial.ts';

type Column = [name: string, cell: (trial: FrozenTrial) => JsonValue | undefined];

export function toCsv({ definition, trials }: StudySnapshot): string {
  const columns: Column[] = [
    ['number', ({ number }) => number],
    ...valueColumns(definition),
    ['datetime_start', ({ startedAt }) => startedAt ?? undefined],
    ['datetime_complete', ({ finishedAt }) => finishedAt ?? undefined],
    ['duration_seconds', (trial) => durationSeconds(trial) ?? undefined],
  ];
  for (const name of keysOf(trials.map(({ params }) => params))) {
    columns.push([`params_${name}`, ({ params }) => ownValue(params, name)]);
  }
  for (const name of keysOf(trials.map(({ constraints = {} }) => constraints))) {
    columns.push([`constraints_${name}`, ({ constraints = {} }) => ownValue(constraints, name)]);
  }
  for (const name of keysOf(trials.map(({ userAttributes }) => userAttributes))) {
    columns.push([`user_attrs_${name}`, ({ userAttributes }) => ownValue(userAttributes, name)]);
  }
  for (const step of keysOf(trials.map(({ intermediateValues }) => intermediateValues))) {
    columns.push([`intermediate_values_${step}`, ({ intermediateValues }) => intermediateValues[Number(step)]]);
  }
  columns.push(['state', ({ state }) => state]);
  const rows = [columns.map(([name]) => name), ...trials.map((trial) => columns.map(([, cell]) => cell(trial)))];
  return rows.map((row) => `${row.map(cellText).join(',')}\n`).join('');
}

/** One for each objective, by its name or else its number. */
function valueColumns({ directions, metricNames }: StudyDefinition): Column[] {
  if (directions === undefined) return [['value', ({ value }) => value ?? undefined]];
  return directions.map((_, i) => [`values_${metricNames?.[i] ?? i}`, (trial) => valuesOf(trial)?.[i]]);
}

/** Every key that occurs, in the order of appearance; integers come first, rising. */
function keysOf(records: readonly object[]): string[] {
  // Without a prototype `__proto__` is a key like any other.
  const all: Record<string, true> = Object.create(null);
  for (const record of records) for (const key of Object.keys(record)) all[key] = true;
  return Object.keys(all);
}

function cellText(value: JsonValue | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = printableLines(typeof value === 'string' ? harmless(value) : JSON.stringify(value));
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Characters with which a formula begins, full-width ones too; a spreadsheet skips blank ones before them. */
const harmless = (text: string): string => (/^\s*[=+\-@＝＋－＠]|^[\t\r\n]/.test(text) ? `'${text}` : text);
