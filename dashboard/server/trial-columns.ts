/** Trials as columns, in which every name, state and process of a long study is sent once. */
import type { Owner } from '../../base/owner.ts';
import { failureOf, type FrozenTrial, type SearchSpace } from '../../search/index.ts';
import type { ParameterShape, Repeated, TrialColumns } from '../api.ts';

/** @param owners for numbers of trials the process that ran the trial last */
export function columnsOf(trials: readonly FrozenTrial[], owners: ReadonlyMap<number, Owner>): TrialColumns {
  const reported = trials.map(({ intermediateValues }) => Object.values(intermediateValues));
  return {
    number: trials.map(({ number }) => number),
    state: toldOnce(trials.map(({ state }) => state)),
    value: trials.map(({ value }) => value),
    values: anyOf(trials.map(({ values }) => values ?? null)),
    constraints: anyOf(trials.map(({ constraints }) => constraints ?? null)),
    shape: toldOnce(shapesOf(trials)),
    params: trials.flatMap(({ params }) => Object.values(params)),
    startedAt: trials.map(({ startedAt }) => timeOf(startedAt)),
    finishedAt: trials.map(({ finishedAt }) => timeOf(finishedAt)),
    steps: reported.map(({ length }) => length),
    lastValue: reported.map((values, row) => (trials[row].state === 'RUNNING' ? finite(values.at(-1)) : null)),
    process: toldOnce(processesOf(trials, owners)),
    failure: toldOnce(trials.map((trial) => failureOf(trial))),
  };
}

/** A column, or null if all of its values are null. */
const anyOf = <T>(column: readonly (T | null)[]): readonly (T | null)[] | null =>
  column.some((item) => item !== null) ? column : null;

/** @param items equal items must be identical objects */
function toldOnce<T>(items: readonly T[]): Repeated<T> {
  const places = new Map<T, number>();
  const at = items.map((item) => {
    const place = places.get(item) ?? places.size;
    places.set(item, place);
    return place;
  });
  return { known: [...places.keys()], at };
}

function shapesOf(trials: readonly FrozenTrial[]): ParameterShape[] {
  const same = sameByText<ParameterShape>();
  /** Shapes of known distributions by the names of the parameters, so that shared ones are serialized once. */
  const known = new Map<SearchSpace, Map<string, ParameterShape>>();
  return trials.map(({ params, distributions }) => {
    const names = Object.keys(params);
    const key = JSON.stringify(names);
    const shapes = known.get(distributions) ?? new Map<string, ParameterShape>();
    known.set(distributions, shapes);
    const shape = shapes.get(key) ?? same(`${key} ${JSON.stringify(distributions)}`, () => ({ names, distributions }));
    shapes.set(key, shape);
    return shape;
  });
}

function processesOf(trials: readonly FrozenTrial[], owners: ReadonlyMap<number, Owner>) {
  const same = sameByText<{ readonly host: string; readonly pid: number }>();
  return trials.map(({ number }) => {
    const owner = owners.get(number);
    return owner === undefined
      ? null
      : same(`${owner.pid} ${owner.host}`, () => ({ host: owner.host, pid: owner.pid }));
  });
}

/** Interns objects by their text. */
function sameByText<T>(): (text: string, make: () => T) => T {
  const known = new Map<string, T>();
  return (text, make) => {
    const item = known.get(text) ?? make();
    known.set(text, item);
    return item;
  };
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

const timeOf = (iso: string | null): number | null => finite(iso === null ? NaN : Date.parse(iso));
