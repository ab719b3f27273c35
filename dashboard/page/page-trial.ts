/** Rebuilds trials from the columns of the server. */
import type { Process } from '../../charts/index.ts';
import type { FrozenTrial } from '../../search/index.ts';
import type { Repeated, StudyAnswer } from '../api.ts';

/** A trial in the page: as charts need it, without intermediate values. */
export interface PageTrial extends FrozenTrial {
  readonly steps: number;
  readonly lastValue: number | null;
  readonly process: Process | null;
  readonly failure: string | null;
}

/** In place of what the server does not send. */
const NOTHING = {};

/** The trials of an answer. Trials with the same distributions share the object. */
export function trialsOf({ trials: columns }: StudyAnswer): PageTrial[] {
  const {
    number,
    state,
    value,
    values,
    constraints,
    shape,
    params,
    startedAt,
    finishedAt,
    steps,
    lastValue,
    process,
    failure,
  } = columns;
  let read = 0;
  return number.map((trial, row) => {
    const { names, distributions } = repeated(shape, row);
    return {
      intermediateValues: NOTHING,
      userAttributes: NOTHING,
      createdAt: '',
      number: trial,
      state: repeated(state, row),
      value: value[row],
      values: values?.[row] ?? undefined,
      constraints: numbersOf(constraints?.[row] ?? undefined),
      params: Object.fromEntries(names.map((name) => [name, params[read++]])),
      distributions,
      startedAt: isoOf(startedAt[row]),
      finishedAt: isoOf(finishedAt[row]),
      steps: steps[row],
      lastValue: lastValue[row],
      process: repeated(process, row),
      failure: repeated(failure, row),
    };
  });
}

/** JSON has no NaN; the server sends null. */
const numbersOf = (told?: Readonly<Record<string, number | null>>): Record<string, number> | undefined =>
  told && Object.fromEntries(Object.entries(told).map(([name, value]) => [name, value ?? NaN]));

const repeated = <T>({ known, at }: Repeated<T>, row: number): T => known[at[row]];

const isoOf = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());
