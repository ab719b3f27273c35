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
  /** Of an observed value. */
  readonly cellOf: (value: ParameterValue) => number;
}

interface Leaf {
  readonly value: number;
  /** Its cells on every axis. */
  readonly box: Box;
}

export type Tree = readonly Leaf[];

export interface Forest {
  readonly axes: readonly Axis[];
  readonly trees: readonly Tree[];
}

type Box = readonly (readonly number[])[];

const treeCount = 64;
/** More are put together by quantiles: a marginal over two axes has this number squared. */
const mostCells = 64;

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
  const points = rows.map((row, i) => ({ cells: row.map((value, d) => axes[d].cellOf(value)), value: values[i] }));
  const trees = Array.from({ length: treeCount }, (_, t) => {
    const random = randomStream(seed, t, 'forest');
    const sample = points.map(() => points[Math.floor(random() * points.length)]);
    return growTree(axes, sample);
  });
  return { axes, trees };
}

/**
 * What a tree says for every cell of the given axes, on average over all others.
 * @returns f64[cells of the first axis × cells of the second …], row by row
 */
export function marginal(axes: readonly Axis[], tree: Tree, chosen: readonly number[]): Float64Array {
  const sums = new Float64Array(chosen.reduce((product, d) => product * axes[d].widths.length, 1));
  for (const { value, box } of tree) {
    const others = box.keys().filter((d) => !chosen.includes(d));
    const share = others.reduce((product, d) => product * widthOf(axes[d], box[d]), 1);
    for (const cell of cellsOf(axes, box, chosen)) sums[cell] += value * share;
  }
  return sums;
}

/** The part of the space behind each cell of the given axes, in the order of `marginal`. */
export function cellWeights(axes: readonly Axis[], chosen: readonly number[]): number[] {
  return chosen.reduce<number[]>(
    (weights, d) => weights.flatMap((weight) => Array.from(axes[d].widths, (width) => weight * width)),
    [1],
  );
}

/** Mean and variance of a tree's value over the whole space. */
export function treeMoments(axes: readonly Axis[], tree: Tree): { mean: number; variance: number } {
  const volumes = tree.map(({ box }) => box.reduce((product, cells, d) => product * widthOf(axes[d], cells), 1));
  const mean = tree.reduce((sum, { value }, i) => sum + volumes[i] * value, 0);
  return { mean, variance: tree.reduce((sum, { value }, i) => sum + volumes[i] * (value - mean) ** 2, 0) };
}

function widthOf({ widths }: Axis, cells: readonly number[]): number {
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

interface Point {
  readonly cells: readonly number[];
  readonly value: number;
}

function growTree(axes: readonly Axis[], sample: readonly Point[]): Tree {
  const leaves: Leaf[] = [];
  const grow = (points: readonly Point[], box: Box): void => {
    const split = bestSplit(axes, points);
    if (split === null) {
      leaves.push({ value: points.reduce((sum, { value }) => sum + value, 0) / points.length, box });
      return;
    }
    const { axis, isLeft } = split;
    for (const side of [true, false]) {
      grow(
        points.filter(({ cells }) => isLeft(cells[axis]) === side),
        box.map((cells, d) => (d === axis ? cells.filter((cell) => isLeft(cell) === side) : cells)),
      );
    }
  };
  grow(
    sample,
    axes.map(({ widths }) => [...widths.keys()]),
  );
  return leaves;
}

interface Split {
  readonly axis: number;
  readonly isLeft: (cell: number) => boolean;
}

/**
 * The split with the least squared error left; null if the values are the same, or cannot be told apart. Choices
 * without order are put in the order of their means, among whose splits the best of all lies.
 * Source: Breiman et al. 1984, "Classification and regression trees", section 9.4.
 */
function bestSplit(axes: readonly Axis[], points: readonly Point[]): Split | null {
  if (points.every(({ value }) => value === points[0].value)) return null;
  const total = points.reduce((sum, { value }) => sum + value, 0);
  let best: { axis: number; left: readonly number[]; right: readonly number[]; leftCount: number } | null = null;
  let bestGain = -Infinity;
  for (const [axis, { isOrdered, widths }] of axes.entries()) {
    const sums = new Float64Array(widths.length);
    const counts = new Int32Array(widths.length);
    for (const { cells, value } of points) {
      sums[cells[axis]] += value;
      counts[cells[axis]]++;
    }
    const occupied = [...counts.keys()].filter((cell) => counts[cell] > 0);
    if (!isOrdered) occupied.sort((a, b) => sums[a] / counts[a] - sums[b] / counts[b]);
    let sum = 0;
    let count = 0;
    for (let end = 1; end < occupied.length; end++) {
      sum += sums[occupied[end - 1]];
      count += counts[occupied[end - 1]];
      const gain = sum ** 2 / count + (total - sum) ** 2 / (points.length - count);
      if (gain <= bestGain) continue;
      bestGain = gain;
      best = { axis, left: occupied.slice(0, end), right: occupied.slice(end), leftCount: count };
    }
  }
  if (best === null) return null;
  const { axis, left, right, leftCount } = best;
  if (axes[axis].isOrdered) {
    const edge = (left[left.length - 1] + right[0] + 1) / 2;
    return { axis, isLeft: (cell) => cell < edge };
  }
  // Choices that no point here has go with the larger side.
  const named = new Set(2 * leftCount > points.length ? right : left);
  const isLeftNamed = 2 * leftCount <= points.length;
  return { axis, isLeft: (cell) => named.has(cell) === isLeftNamed };
}
