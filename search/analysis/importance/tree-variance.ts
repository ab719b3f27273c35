/**
 * The variance of a tree's value over the search space, and how much of it one or two axes explain. Cells that no split
 * of the tree tells apart are taken together, so that a tree is as small as its splits are few; and leaves are boxes of
 * such classes, of which a sum over the corners (a summed-area table) makes the mean over all other axes.
 */
import type { Axis, Tree } from '../forest.ts';
import { widthOf } from '../forest.ts';

interface TreeVariances {
  readonly total: number;
  /** f64[sets]: Var(a_U) of each set U, pairs with what their members explain. */
  readonly explained: Float64Array;
}

/** @param sets of one axis, or of two */
export function treeVariances(axes: readonly Axis[], tree: Tree, sets: readonly (readonly number[])[]): TreeVariances {
  const { leaves, splits } = tree;
  const split = [...axes.keys()].filter((d) => splits[d].length > 0);
  const lines = new Map(split.map((d) => [d, classify(axes[d], tree, d)]));
  const volumes = Float64Array.from(leaves, (_leaf, i) =>
    split.reduce((product, d) => product * lines.get(d)!.sides[i].width, 1),
  );
  const mean = leaves.reduce((sum, { value }, i) => sum + volumes[i] * value, 0);
  const weighted = Float64Array.from(leaves, ({ value }, i) => volumes[i] * (value - mean));
  const total = leaves.reduce((sum, { value }, i) => sum + weighted[i] * (value - mean), 0);
  const explained = new Float64Array(sets.length);
  for (const [i, set] of sets.entries()) {
    // An axis at which the tree never splits explains nothing, neither alone nor beside another.
    const [first, second] = set.flatMap((d) => lines.get(d) ?? []);
    if (first === undefined) continue;
    explained[i] = second === undefined ? variance(first, weighted) : varianceOfPair(first, second, weighted);
  }
  return { total, explained };
}

/** One axis as a tree sees it. */
interface Line {
  /** f64[classes]: sum 1. */
  readonly widths: Float64Array;
  /** The sides of every leaf. */
  readonly sides: readonly Side[];
}

/** What a leaf covers of an axis. */
interface Side {
  readonly width: number;
  /** Classes from each start up to its end. */
  readonly runs: readonly (readonly [start: number, end: number])[];
}

function classify(axis: Axis, { leaves, splits }: Tree, d: number): Line {
  const classOf = new Int32Array(axis.widths.length);
  let count = 1;
  for (const cells of splits[d]) {
    const inside = new Set(cells);
    const classes = new Map<number, number>();
    // In the order of the cells, so that the classes of an ordered axis lie side by side.
    for (const [cell, known] of classOf.entries()) {
      const key = 2 * known + Number(inside.has(cell));
      if (!classes.has(key)) classes.set(key, classes.size);
      classOf[cell] = classes.get(key)!;
    }
    count = classes.size;
  }
  const widths = new Float64Array(count);
  for (const [cell, width] of axis.widths.entries()) widths[classOf[cell]] += width;
  const known = new Map<readonly number[], Side>();
  const sides = leaves.map(({ box }) => {
    const cells = box[d];
    const side = known.get(cells) ?? { width: widthOf(axis, cells), runs: runsOf(cells.map((cell) => classOf[cell])) };
    known.set(cells, side);
    return side;
  });
  return { widths, sides };
}

function runsOf(classes: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const at of [...new Set(classes)].toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last?.[1] === at) last[1] = at + 1;
    else runs.push([at, at + 1]);
  }
  return runs;
}

/** @param weighted f64[leaves]: volume × (value − mean) */
function variance({ widths, sides }: Line, weighted: Float64Array): number {
  const steps = new Float64Array(widths.length + 1);
  for (const [i, { width, runs }] of sides.entries()) {
    const height = weighted[i] / width;
    for (const [start, end] of runs) {
      steps[start] += height;
      steps[end] -= height;
    }
  }
  let sum = 0;
  let level = 0;
  for (const [at, width] of widths.entries()) {
    level += steps[at];
    sum += width * level ** 2;
  }
  return sum;
}

function varianceOfPair(first: Line, second: Line, weighted: Float64Array): number {
  const columns = second.widths.length + 1;
  const corners = new Float64Array((first.widths.length + 1) * columns);
  for (const [i, across] of first.sides.entries()) {
    const along = second.sides[i];
    const height = weighted[i] / (across.width * along.width);
    for (const [top, bottom] of across.runs) {
      for (const [left, right] of along.runs) {
        corners[top * columns + left] += height;
        corners[top * columns + right] -= height;
        corners[bottom * columns + left] -= height;
        corners[bottom * columns + right] += height;
      }
    }
  }
  const above = new Float64Array(columns);
  let sum = 0;
  for (const [row, height] of first.widths.entries()) {
    let level = 0;
    for (const [column, width] of second.widths.entries()) {
      above[column] += corners[row * columns + column];
      level += above[column];
      sum += height * width * level ** 2;
    }
  }
  return sum;
}
