/** Grids of coordinates, and an order from coarse to fine. */
import { largest, smallest } from '../numerics/statistics.ts';

/** n evenly spaced values from low to high. @throws RangeError for n < 2 */
export function spaced(low: number, high: number, n: number): number[] {
  if (!(n >= 2)) throw new RangeError(`Expected at least 2 points on an axis, got ${n}.`);
  return Array.from({ length: n }, (_, i) => low + ((high - low) * i) / (n - 1));
}

/** A grid point of a level of refinement. Level 0 is the coarsest. */
export interface Cell {
  readonly column: number;
  readonly row: number;
  readonly level: number;
}

/** Least number of intervals along an axis at level 0. */
const COARSE = 4;

/**
 * The strides of the levels for n points along an axis, from coarse to fine: every 8th point, 4th, 2nd, all.
 */
export function levelStrides(n: number): number[] {
  const levels = Math.max(0, Math.floor(Math.log2((n - 1) / COARSE)));
  return Array.from({ length: levels + 1 }, (_, level) => 2 ** (levels - level));
}

/**
 * All cells of a grid from coarse to fine, for example every 8th of a row and column, every 4th, every 2nd, the rest.
 */
export function coarseToFine(columns: number, rows: number): Cell[] {
  const strides = levelStrides(Math.max(columns, rows));
  const levelOf = (column: number, row: number): number =>
    strides.findIndex((stride) => column % stride === 0 && row % stride === 0);
  const cells: Cell[] = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) cells.push({ column, row, level: levelOf(column, row) });
  }
  return cells.toSorted((a, b) => a.level - b.level);
}

/** The bounding box of points, extended on each side by `margin` times its longer side. */
export function boxAround(
  points: readonly (readonly number[])[],
  margin: number,
): { x: [number, number]; y: [number, number] } {
  const range = (axis: number): [number, number] => {
    const values = points.map((point) => point[axis]);
    return [smallest(values), largest(values)];
  };
  const [x, y] = [range(0), range(1)];
  const extra = margin * Math.max(x[1] - x[0], y[1] - y[0]);
  return { x: [x[0] - extra, x[1] + extra], y: [y[0] - extra, y[1] + extra] };
}
