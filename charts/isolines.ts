/** Lines of equal value over a surface that is given on a grid of points, with a label for each value. */
import { contours } from 'd3-contour';
import type { CustomSeriesOption } from 'echarts';
import type { Theme } from './theme.ts';
import { smallest } from '../numerics/statistics.ts';

type Place = readonly [x: number, y: number];

export interface Surface {
  /** Places of the columns and rows: two or more of each, evenly spaced, ascending. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** One row for each y, one number for each x; null where nothing was measured. */
  readonly z: readonly (readonly (number | null)[])[];
}

export interface Isoline {
  readonly level: number;
  /** The line is closed if its last place equals the first. */
  readonly places: readonly Place[];
}

/**
 * Marching squares. Lines end where nothing was measured, and half a cell beyond the outer points, where the coloured
 * cells end too.
 */
export function isolines(surface: Surface, levels: readonly number[]): Isoline[] {
  const [columns, rows] = [surface.x.length, surface.y.length];
  if (columns < 2 || rows < 2) return [];
  // The grid is padded with its outer points, so that lines reach its edge.
  const [width, height] = [columns + 2, rows + 2];
  const padded = Array.from({ length: width * height }, (_, i) => {
    const column = Math.min(Math.max((i % width) - 1, 0), columns - 1);
    const row = Math.min(Math.max(Math.floor(i / width) - 1, 0), rows - 1);
    return surface.z[row][column];
  });
  // Missing values become lower than all others, but finite, so that lines pass between points and not through them.
  const lowest = Math.min(smallest(levels), smallest(padded.filter((value) => value !== null))) - 1;
  const values = padded.map((value) => value ?? lowest);
  const isMeasured = (column: number, row: number): boolean =>
    column >= 0 && column < width && row >= 0 && row < height && padded[row * width + column] !== null;
  // The point (i, j) of the grid has the coordinates (i + ½, j + ½), and a place of a line lies between two points.
  const isKnown = ([across, up]: readonly number[]): boolean =>
    [Math.floor, Math.ceil].every((one) =>
      [Math.floor, Math.ceil].every((other) => isMeasured(one(across - 0.5), other(up - 0.5))),
    );
  const stepOf = (axis: readonly number[]): number => (axis[axis.length - 1] - axis[0]) / (axis.length - 1);
  const [stepX, stepY] = [stepOf(surface.x), stepOf(surface.y)];
  const placeOf = ([across, up]: readonly number[]): Place => [
    surface.x[0] + (across - 1.5) * stepX,
    surface.y[0] + (up - 1.5) * stepY,
  ];
  const generator = contours().size([width, height]);
  return levels.flatMap((level) =>
    generator
      .contour(values, level)
      .coordinates.flat()
      .flatMap((ring) => runsOf(ring, isKnown))
      .map((run) => ({ level, places: run.map(placeOf) })),
  );
}

/** Splits a closed ring at the members that do not pass. The result is the whole ring if all pass. */
function runsOf<T>(ring: readonly T[], passes: (member: T) => boolean): T[][] {
  const gap = ring.findIndex((member) => !passes(member));
  if (gap < 0) return [[...ring]];
  const runs: T[][] = [[]];
  // The last member is the first one again.
  for (const member of [...ring.slice(gap, -1), ...ring.slice(0, gap)]) {
    if (passes(member)) runs[runs.length - 1].push(member);
    else runs.push([]);
  }
  return runs.filter((run) => run.length > 1);
}

export interface Labelling {
  /** The label of a level. */
  readonly text: (level: number) => string;
  /** Places that labels shall keep away from. */
  readonly taken: readonly Place[];
}

/** Labels closer to each other or to a taken place are left out. In shares of the width and height. */
const LEAST_DISTANCE = 0.07;
/** Labels keep this distance from the edge of the surface, in shares of its width and height. */
const EDGE = 0.06;

/** For each level that has room for a label, the place on its lines that is farthest from all other labels. */
export function labelPlaces(lines: readonly Isoline[], { x, y }: Surface, taken: readonly Place[]) {
  const share = (axis: readonly number[], at: number): number => (at - axis[0]) / (axis[axis.length - 1] - axis[0]);
  const onSurface = ([atX, atY]: Place): Place => [share(x, atX), share(y, atY)];
  const occupied = taken.map(onSurface);
  const labels: { readonly line: Isoline; readonly index: number }[] = [];
  for (const [, ofLevel] of Map.groupBy(lines, ({ level }) => level)) {
    let best = { distance: LEAST_DISTANCE, at: null as Place | null, line: ofLevel[0], index: 0 };
    for (const line of ofLevel) {
      // The direction of the line at a place follows from its two neighbours.
      for (let index = 1; index < line.places.length - 1; index += 1) {
        const at = onSurface(line.places[index]);
        if (at.some((part) => part < EDGE || part > 1 - EDGE)) continue;
        const distance = Math.min(1, ...occupied.map((other) => Math.hypot(at[0] - other[0], at[1] - other[1])));
        if (distance > best.distance) best = { distance, at, line, index };
      }
    }
    if (best.at === null) continue;
    occupied.push(best.at);
    labels.push({ line: best.line, index: best.index });
  }
  return labels;
}

/** The lines with their labels, in the colour of the background, which no colour of a surface is close to. */
export function isolineSeries(surface: Surface, lines: readonly Isoline[], labelling: Labelling, theme: Theme) {
  const labels = new Map(labelPlaces(lines, surface, labelling.taken).map(({ line, index }) => [line, index] as const));
  return {
    type: 'custom',
    silent: true,
    clip: true,
    z: 1,
    encode: { x: 0, y: 1 },
    data: lines.map(({ places }) => [...places[0]]),
    renderItem: (params, api) => {
      const line = lines[params.dataIndexInside];
      const points = line.places.map((place) => api.coord([...place]).map((at) => Math.round(10 * at) / 10));
      const index = labels.get(line);
      const path = {
        type: 'polyline' as const,
        shape: { points },
        style: { fill: 'none', stroke: theme.background, lineWidth: 1, opacity: 0.7 },
      };
      if (index === undefined) return { type: 'group', children: [path] };
      const [[x1, y1], [x2, y2]] = [points[index - 1], points[index + 1]];
      // Labels follow the line and are never upside down. ECharts counts angles counter-clockwise, and y downwards.
      const slope = Math.atan((y2 - y1) / (x2 - x1 || 1e-9));
      const label = {
        type: 'text' as const,
        x: points[index][0],
        y: points[index][1],
        rotation: -slope,
        style: {
          text: labelling.text(line.level),
          fill: theme.text,
          stroke: theme.background,
          lineWidth: 3,
          fontSize: 11,
          fontFamily: theme.font,
          align: 'center' as const,
          verticalAlign: 'middle' as const,
        },
      };
      return { type: 'group', children: [path, label] };
    },
  } satisfies CustomSeriesOption;
}
