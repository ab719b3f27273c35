/**
 * Search spaces as cubes: a number is its place in its range, from 0 to 1 (in the logarithm where the distribution says
 * so), a categorical value is the index of its choice.
 */
import { contains, gridValue, onlyValue, stepOf } from '../distributions.ts';
import type { Distribution, NumericDistribution, Params, ParameterValue, SearchSpace } from '../distributions.ts';
import type { FrozenTrial } from '../frozen-trial.ts';
import { cellOf, fromRange, rangeOf, toRange } from './range.ts';

export interface Axis {
  readonly name: string;
  readonly distribution: Distribution;
  readonly isCategory: boolean;
  /** The coordinates there are: of a category and of a grid of at most `mostLevels`. Else null: any from 0 to 1. */
  readonly levels: readonly number[] | null;
}

/** Finer grids are as good as none. */
const mostLevels = 64;

/** One axis for every parameter that has a choice, in the order of the space. */
export function axesOf(space: SearchSpace): readonly Axis[] {
  return Object.entries(space)
    .filter(([, distribution]) => onlyValue(distribution) === undefined)
    .map(([name, distribution]) => ({
      name,
      distribution,
      isCategory: distribution.kind === 'categorical',
      levels: levelsOf(distribution),
    }));
}

export function toCoordinate(distribution: Distribution, value: ParameterValue): number {
  if (distribution.kind === 'categorical') return distribution.choices.indexOf(value);
  const { low, high } = rangeOf(distribution);
  return (toRange(distribution, Number(value)) - low) / (high - low);
}

/** Rounded to the grid and kept within the bounds. */
export function fromCoordinate(distribution: Distribution, coordinate: number): ParameterValue {
  if (distribution.kind === 'categorical') return distribution.choices[coordinate];
  const { low, high } = rangeOf(distribution);
  return fromRange(distribution, low + coordinate * (high - low));
}

/** A trial in the cube. */
export class Located<T extends Pick<FrozenTrial, 'params'> = FrozenTrial> {
  readonly trial: T;
  readonly #axes: readonly Axis[];
  #point: Float64Array | undefined;

  constructor(trial: T, axes: readonly Axis[]) {
    this.trial = trial;
    this.#axes = axes;
  }

  /** One coordinate for each axis, f64[d]: computed when it is asked for, since few trials of a long study are. */
  get point(): Float64Array {
    const { params } = this.trial;
    this.#point ??= Float64Array.from(this.#axes, ({ name, distribution }) => toCoordinate(distribution, params[name]));
    return this.#point;
  }
}

/** The trials that have all of the parameters, with values that could be suggested now. */
export function locate<T extends Pick<FrozenTrial, 'params'>>(
  axes: readonly Axis[],
  trials: readonly T[],
): readonly Located<T>[] {
  return trials
    .filter(({ params }) =>
      axes.every(({ name, distribution }) => name in params && contains(distribution, params[name])),
    )
    .map((trial) => new Located(trial, axes));
}

export function toParams(axes: readonly Axis[], point: Float64Array): Params {
  return Object.fromEntries(axes.map(({ name, distribution }, k) => [name, fromCoordinate(distribution, point[k])]));
}

/** The coordinate that a number from 0 to 1 stands for, below 1 for a category: rounded to a level if there are some. */
export function coordinateAt({ distribution, isCategory, levels }: Axis, position: number): number {
  if (levels === null) return position;
  if (isCategory) return Math.floor(position * levels.length);
  return toCoordinate(distribution, fromCoordinate(distribution, position));
}

/** Length of the part of the axis that is rounded to the same value as this coordinate; 0 without a grid. */
export function cellWidth(distribution: NumericDistribution, coordinate: number): number {
  const cell = cellOf(distribution, Number(fromCoordinate(distribution, coordinate)));
  const range = rangeOf(distribution);
  return (cell.high - cell.low) / (range.high - range.low);
}

function levelsOf(distribution: Distribution): readonly number[] | null {
  if (distribution.kind === 'categorical') return distribution.choices.map((_, index) => index);
  const step = stepOf(distribution);
  const count = step === 0 ? Infinity : Math.round((distribution.high - distribution.low) / step) + 1;
  if (count > mostLevels) return null;
  return Array.from({ length: count }, (_, i) => toCoordinate(distribution, gridValue(distribution, i)));
}
