/**
 * A random forest of regression trees over the search space, as a model of what the study has measured. Every axis is
 * cut into cells, between neighbouring values that occur; a tree splits its box of cells until the values within are
 * the same. What a tree says on average over all other parameters can then be summed exactly, leaf by leaf.
 */
import type { Distribution, NumericDistribution, ParameterValue } from '../distributions.ts';
import { randomStream } from '../random.ts';
import { rangeOf, toRange } from '../samplers/range.ts';

/** One parameter, cut into cells. */
export interface Axis {
  readonly isOrdered: boolean;
  /** f64[cells]: the part of the range that each cell takes; sum 1. */
  readonly widths: Float64Array;
  /** The cell that holds an observed value. */
  readonly cellOf: (value: ParameterValue) => number;
}

interface Leaf {
  readonly value: number;
  /** Its cells on every axis, in rising order. Leaves that have the same cells share the array. */
  readonly box: Box;
}

export interface Tree {
  readonly leaves: readonly Leaf[];
  /** For each axis the splits along it: the cells of one side. */
  readonly splits: readonly (readonly (readonly number[])[])[];
  /** f64[axes]: how much of the squared error the splits along each axis take away. */
  readonly gains: Float64Array;
}

export interface Forest {
  readonly axes: readonly Axis[];
  readonly trees: readonly Tree[];
}

type Box = readonly (readonly number[])[];

const treeCount = 64;
/** More are put together by quantiles: a marginal over two axes has this number squared. */
const mostCells = 64;
/** As in Optuna's forest. */
const mostSplitsOfPath = 64;

/**
 * Every tree learns from as many trials as there are, drawn with replacement.
 * @param rows a value for each axis, one row a trial
 * @param values of the trials
 * Source: Breiman 2001, "Random forests"; all axes are tried at every split.
 */
export function growForest(
  distributions: readonly Distribution[],
  rows: readonly (readonly ParameterValue[])[],
  values: readonly number[],
  seed: number,
): Forest {
  const axes = distributions.map((distribution, d) =>
    makeAxis(
      distribution,
      rows.map((row) => row[d]),
    ),
  );
  const cells = axes.map(({ cellOf }, d) => Int32Array.from(rows, (row) => cellOf(row[d])));
  const scale = scaleOf(values);
  const scaled = Float64Array.from(values, (value) => value / scale);
  const trees = Array.from({ length: treeCount }, (_, t) => {
    const random = randomStream(seed, t, 'forest');
    const sample = Int32Array.from(rows, () => Math.floor(random() * rows.length));
    return growTree(axes, cells, scaled, sample, scale);
  });
  return { axes, trees };
}

/** A power of two near the largest value, which changes no digit: divided by it, sums and squares stay finite. */
export function scaleOf(values: readonly number[]): number {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest === 0 ? 1 : 2 ** Math.max(Math.floor(Math.log2(largest)), -1022);
}

/**
 * The tree's value for every cell of the given axes, on average over all other axes.
 * @returns f64[cells of the first axis × cells of the second …], row by row
 */
export function marginal(axes: readonly Axis[], { leaves }: Tree, chosen: readonly number[]): Float64Array {
  const sums = new Float64Array(chosen.reduce((product, d) => product * axes[d].widths.length, 1));
  for (const { value, box } of leaves) {
    const others = box.keys().filter((d) => !chosen.includes(d));
    const share = others.reduce((product, d) => product * widthOf(axes[d], box[d]), 1);
    for (const cell of cellsOf(axes, box, chosen)) sums[cell] += value * share;
  }
  return sums;
}

export function widthOf({ widths }: Axis, cells: readonly number[]): number {
  return cells.reduce((sum, cell) => sum + widths[cell], 0);
}

/** Indices of a box in an array over the chosen axes. */
function cellsOf(axes: readonly Axis[], box: Box, chosen: readonly number[]): number[] {
  return chosen.reduce<number[]>(
    (indices, d) => indices.flatMap((index) => box[d].map((cell) => index * axes[d].widths.length + cell)),
    [0],
  );
}

function makeAxis(distribution: Distribution, values: readonly ParameterValue[]): Axis {
  if (distribution.kind !== 'categorical') return makeNumericAxis(distribution, values.map(Number));
  const { choices } = distribution;
  return {
    isOrdered: false,
    widths: new Float64Array(choices.length).fill(1 / choices.length),
    cellOf: (value) => choices.indexOf(value),
  };
}

function makeNumericAxis(distribution: NumericDistribution, values: readonly number[]): Axis {
  const { low, high } = rangeOf(distribution);
  const position = (value: number): number => (toRange(distribution, value) - low) / (high - low);
  const occurring = [...new Set(values)].toSorted((a, b) => a - b);
  const count = Math.min(occurring.length, mostCells);
  const cells = new Map(occurring.map((value, i) => [value, Math.floor((i * count) / occurring.length)]));
  const edges = [0];
  for (const [i, value] of occurring.slice(1).entries()) {
    if (cells.get(value) !== cells.get(occurring[i])) edges.push((position(value) + position(occurring[i])) / 2);
  }
  edges.push(1);
  return {
    isOrdered: true,
    widths: Float64Array.from({ length: count }, (_, cell) => edges[cell + 1] - edges[cell]),
    cellOf: (value) => cells.get(Number(value))!,
  };
}

function growTree(
  axes: readonly Axis[],
  cells: readonly Int32Array[],
  values: Float64Array,
  sample: Int32Array,
  scale: number,
): Tree {
  const leaves: Leaf[] = [];
  const splits: number[][][] = axes.map(() => []);
  const gains = new Float64Array(axes.length);
  const spare = new Int32Array(sample.length);
  const bins = binsFor(axes);
  const work = [{ start: 0, end: sample.length, depth: 0, box: axes.map(({ widths }) => [...widths.keys()]) }];
  for (let node = work.pop(); node !== undefined; node = work.pop()) {
    const { start, end, depth, box } = node;
    const points = sample.subarray(start, end);
    const split = depth < mostSplitsOfPath ? bestSplit(axes, cells, values, points, bins) : null;
    if (split === null) {
      leaves.push({ value: scale * (points.reduce((sum, point) => sum + values[point], 0) / points.length), box });
      continue;
    }
    const { axis, isLeft, gain } = split;
    gains[axis] += gain;
    let left = start;
    let right = 0;
    for (const point of points) {
      if (isLeft(cells[axis][point])) sample[left++] = point;
      else spare[right++] = point;
    }
    sample.set(spare.subarray(0, right), left);
    const [inside, outside] = [true, false].map((side) => box[axis].filter((cell) => isLeft(cell) === side));
    splits[axis].push(inside);
    work.push({ start: left, end, depth: depth + 1, box: box.with(axis, outside) });
    work.push({ start, end: left, depth: depth + 1, box: box.with(axis, inside) });
  }
  return { leaves, splits, gains };
}

/** Room for the cells of one axis, used again and again: most nodes have fewer points than an axis has cells. */
interface Bins {
  readonly sums: Float64Array;
  /** All zero between two uses. */
  readonly counts: Int32Array;
  readonly occupied: Int32Array;
}

function binsFor(axes: readonly Axis[]): Bins {
  const most = axes.reduce((count, { widths }) => Math.max(count, widths.length), 0);
  return { sums: new Float64Array(most), counts: new Int32Array(most), occupied: new Int32Array(most) };
}

/** @returns the cells that have a point */
function fillBins(
  { sums, counts, occupied }: Bins,
  cellOf: Int32Array,
  values: Float64Array,
  points: Int32Array,
): Int32Array {
  let length = 0;
  for (const point of points) {
    const cell = cellOf[point];
    if (counts[cell] === 0) {
      occupied[length++] = cell;
      sums[cell] = 0;
    }
    sums[cell] += values[point];
    counts[cell]++;
  }
  return occupied.slice(0, length);
}

interface Split {
  readonly axis: number;
  readonly isLeft: (cell: number) => boolean;
  /** Part of the squared error that it takes away. */
  readonly gain: number;
}

/**
 * The split with the least squared error left; null if the values are the same, or cannot be told apart. Choices
 * without order are put in the order of their means, among whose splits the best of all lies.
 * Source: Breiman et al. 1984, "Classification and regression trees", section 9.4.
 */
function bestSplit(
  axes: readonly Axis[],
  cells: readonly Int32Array[],
  values: Float64Array,
  points: Int32Array,
  bins: Bins,
): Split | null {
  const first = values[points[0]];
  if (points.every((point) => values[point] === first)) return null;
  const total = points.reduce((sum, point) => sum + values[point], 0);
  let best: { axis: number; occupied: Int32Array; end: number; leftCount: number } | null = null;
  let bestGain = -Infinity;
  for (const [axis, { isOrdered }] of axes.entries()) {
    const occupied = fillBins(bins, cells[axis], values, points);
    const { sums, counts } = bins;
    if (isOrdered) occupied.sort();
    else occupied.sort((a, b) => sums[a] / counts[a] - sums[b] / counts[b] || a - b);
    let sum = 0;
    let count = 0;
    for (let end = 1; end < occupied.length; end++) {
      sum += sums[occupied[end - 1]];
      count += counts[occupied[end - 1]];
      const gain = sum ** 2 / count + (total - sum) ** 2 / (points.length - count);
      if (gain <= bestGain) continue;
      bestGain = gain;
      best = { axis, occupied, end, leftCount: count };
    }
    for (const cell of occupied) counts[cell] = 0;
  }
  if (best === null) return null;
  const { axis, occupied, end, leftCount } = best;
  const gain = bestGain - total ** 2 / points.length;
  if (axes[axis].isOrdered) {
    const edge = (occupied[end - 1] + occupied[end] + 1) / 2;
    return { axis, gain, isLeft: (cell) => cell < edge };
  }
  // Choices that no point here has go with the larger side.
  const isLeftNamed = 2 * leftCount <= points.length;
  const named = new Set(isLeftNamed ? occupied.subarray(0, end) : occupied.subarray(end));
  return { axis, gain, isLeft: (cell) => named.has(cell) === isLeftNamed };
}
