/** A surface given on a grid of points, as coloured cells. */
import type { CustomSeriesOption } from 'echarts';
import { colourAt } from './base.ts';

/** Number of colours. Neighbours of one colour in a row become one shape, which keeps files small. */
const LEVELS = 40;

export interface Cells {
  /** Ascending edges of the columns and rows: one more than there are cells. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** For each row of cells the places on the scale, in [0, 1]; null leaves a cell blank. */
  readonly shares: readonly (readonly (number | null)[])[];
  readonly scale: readonly string[];
}

/**
 * Edges of cells around points: halfway between neighbours, and as far beyond the outer points.
 * @param positions ascending
 */
export function edgesBetween(positions: readonly number[]): number[] {
  const last = positions.length - 1;
  const half = last === 0 ? 0.5 : (positions[1] - positions[0]) / 2;
  const halfOfLast = last === 0 ? 0.5 : (positions[last] - positions[last - 1]) / 2;
  const inner = positions.slice(1).map((position, i) => (position + positions[i]) / 2);
  return [positions[0] - half, ...inner, positions[last] + halfOfLast];
}

/** Data of the series: left, right, bottom and top edge, colour. */
export function cells({ x, y, shares, scale }: Cells): CustomSeriesOption {
  const data: [number, number, number, number, string][] = [];
  for (const [row, values] of shares.entries()) {
    let from = 0;
    for (let column = 0; column < values.length; column += 1) {
      const level = levelOf(values[column]);
      if (column + 1 < values.length && levelOf(values[column + 1]) === level) continue;
      if (level !== null) data.push([x[from], x[column + 1], y[row], y[row + 1], colourAt(scale, level)]);
      from = column + 1;
    }
  }
  return {
    type: 'custom',
    silent: true,
    clip: true,
    z: 0,
    // Draws all cells in one frame. Otherwise a large surface appears in the page piece by piece.
    progressive: 0,
    encode: { x: [0, 1], y: [2, 3] },
    data,
    renderItem: (params, api) => {
      const [left, right, bottom, top, colour] = data[params.dataIndexInside];
      // Edges on whole pixels leave no hairlines between neighbours.
      const [x1, y1, x2, y2] = [...api.coord([left, bottom]), ...api.coord([right, top])].map(Math.round);
      const shape = { x: Math.min(x1, x2), y: Math.min(y1, y2), width: Math.abs(x2 - x1), height: Math.abs(y2 - y1) };
      // A stroke of the same colour covers hairlines of a picture that is scaled.
      return { type: 'rect', shape, style: { fill: colour, stroke: colour, lineWidth: 0.6 } };
    },
  };
}

const levelOf = (share: number | null): number | null =>
  share === null ? null : Math.round(Math.min(Math.max(share, 0), 1) * LEVELS) / LEVELS;
