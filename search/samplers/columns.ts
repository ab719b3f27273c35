/**
 * The values of each parameter over the trials so far, in columns that are kept from one suggestion to the next: a new
 * trial costs its own insertion, not another sort. What a column holds depends on the trials asked for alone; the
 * trials of the last call are compared one by one, as records that never change, and only those after the first
 * difference are taken in anew.
 */
import { contains, sameDistribution } from '../distributions.ts';
import type { Distribution, ParameterValue, SearchSpace } from '../distributions.ts';
import type { FrozenTrial } from '../frozen-trial.ts';
import { toRange } from './range.ts';

/** What a column takes of a trial. */
export type Sample = Pick<FrozenTrial, 'params'>;

export interface Column {
  /**
   * By place in the list of trials: the position in the range of a numeric distribution, or the index of the choice.
   * NaN if the trial has no value, or one that could not be suggested now. May be longer than the list.
   */
  readonly coordinates: Float64Array;
  /**
   * Indices of the trials that have a value, sorted by it; the earlier of equals first. In order of time if
   * categorical.
   */
  readonly order: Uint32Array;
}

/** Keeps references to the lists that it gets: do not change them afterwards. */
export interface Columns {
  readonly column: (trials: readonly Sample[], name: string, distribution: Distribution) => Column;
  /** The parameters that every trial suggested from the same distribution; there has to be a trial. */
  readonly commonSpace: (trials: readonly FrozenTrial[]) => SearchSpace;
}

export function createColumns(): Columns {
  let known: readonly Sample[] = [];
  const columns = new Map<string, GrowingColumn>();
  let common: { readonly space: SearchSpace; readonly length: number } | undefined;
  const follow = (trials: readonly Sample[]): void => {
    if (trials === known) return;
    let shared = 0;
    while (shared < known.length && shared < trials.length && known[shared] === trials[shared]) shared += 1;
    if (shared < known.length) {
      for (const column of columns.values()) column.truncate(shared);
      common = undefined;
    }
    known = trials;
  };
  return {
    column(trials, name, distribution) {
      follow(trials);
      let column = columns.get(name);
      if (column === undefined || !sameDistribution(column.distribution, distribution)) {
        column = new GrowingColumn(distribution);
        columns.set(name, column);
      }
      for (let i = column.length; i < trials.length; i++) column.push(trials[i].params[name]);
      return column;
    },
    commonSpace(trials) {
      follow(trials);
      let space = common?.space ?? trials[0].distributions;
      for (let i = common?.length ?? 1; i < trials.length; i++) space = sharedPart(space, trials[i].distributions);
      common = { space, length: trials.length };
      return space;
    },
  };
}

/** A column of its own of these values. */
export function columnOf(values: readonly (ParameterValue | undefined)[], distribution: Distribution): Column {
  const column = new GrowingColumn(distribution);
  for (const value of values) column.push(value);
  return column;
}

class GrowingColumn implements Column {
  readonly distribution: Distribution;
  coordinates = new Float64Array(64);
  length = 0;
  #order = new Uint32Array(64);
  #valueCount = 0;

  constructor(distribution: Distribution) {
    this.distribution = distribution;
  }

  get order(): Uint32Array {
    return this.#order.subarray(0, this.#valueCount);
  }

  push(value: ParameterValue | undefined): void {
    if (this.length === this.coordinates.length) {
      this.coordinates = doubled(this.coordinates, Float64Array);
      this.#order = doubled(this.#order, Uint32Array);
    }
    const place = this.length++;
    const coordinate = coordinateOf(this.distribution, value);
    this.coordinates[place] = coordinate;
    if (Number.isNaN(coordinate)) return;
    const at = this.distribution.kind === 'categorical' ? this.#valueCount : this.#firstAbove(coordinate);
    this.#order.copyWithin(at + 1, at, this.#valueCount);
    this.#order[at] = place;
    this.#valueCount += 1;
  }

  truncate(length: number): void {
    if (length >= this.length) return;
    const kept = this.order.filter((place) => place < length);
    this.#order.set(kept);
    this.#valueCount = kept.length;
    this.length = length;
  }

  #firstAbove(coordinate: number): number {
    let [from, to] = [0, this.#valueCount];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.coordinates[this.#order[middle]] > coordinate) to = middle;
      else from = middle + 1;
    }
    return from;
  }
}

function coordinateOf(distribution: Distribution, value: ParameterValue | undefined): number {
  if (value === undefined || !contains(distribution, value)) return NaN;
  return distribution.kind === 'categorical'
    ? distribution.choices.indexOf(value)
    : toRange(distribution, Number(value));
}

function doubled<T extends Float64Array | Uint32Array>(array: T, Type: new (length: number) => T): T {
  const longer = new Type(2 * array.length);
  longer.set(array);
  return longer;
}

/** The first space itself if all of it is shared, which is the usual case. */
function sharedPart(space: SearchSpace, other: SearchSpace): SearchSpace {
  const isShared = ([name, distribution]: [string, Distribution]): boolean =>
    other[name] !== undefined && sameDistribution(other[name], distribution);
  const entries = Object.entries(space);
  return entries.every(isShared) ? space : Object.fromEntries(entries.filter(isShared));
}
