/** Lines of equal value over a surface that is given on a grid of points, a label on one of each value. */
import { contours } from 'd3-contour';
import type { CustomSeriesOption } from 'echarts';
import type { Theme } from './theme.ts';
import { smallest } from '../numerics/statistics.ts';

type Place = readonly [x: number, y: number];

export interface Surface {
  /** Columns and rows, evenly spaced and rising, two or more of each. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** One row for each y, one number for each x; null where nothing was measured. */
  readonly z: readonly (readonly (number | null)[])[];
}

export interface Isoline {
  readonly level: number;
  /** Closed if the last place is the first one. */
  readonly places: readonly Place[];
}

/**
 * Marching squares. Lines end where nothing was measured, and half a cell beyond the outer points, where the coloured
 * cells end too.
 */
export function isolines(surface: Surface, levels: readonly number[]): Isoline[] {
  const [columns, rows] = [surface.x.length, surface.y.length];
  if (columns < 2 || rows < 2) return [];
  // The outer points once more around the grid, so that lines come to its edge.
  const [width, height] = [columns + 2, rows + 2];
  const padded = Array.from({ length: width * height }, (_, i) => {
    const column = Math.min(Math.max((i % width) - 1, 0), columns - 1);
    const row = Math.min(Math.max(Math.floor(i / width) - 1, 0), rows - 1);
    return surface.z[row][column];
  });
  // Missing ones are below all others, but not infinitely: places then lie between the points and not on them.
  const lowest = Math.min(smallest(levels), smallest(padded.filter((value) => value !== null))) - 1;
  const values = padded.map((value) => value ?? lowest);
  const isMeasured = (column: number, row: number): boolean =>
    column >= 0 && column < width && row >= 0 && row < height && padded[row * width + column] !== null;
  // A place of a line lies between two points of the grid, of which the one at (i, j) is at (i + ½, j + ½).
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

/** The parts of a closed ring whose members all pass: the whole ring, or the runs between members that do not. */
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
  /** What stands on the lines of a level. */
  readonly text: (level: number) => string;
  /** Places that labels shall keep away from. */
  readonly taken: readonly Place[];
}

/** Labels closer to each other or to what is taken, as a share of the surface's width or height, are left out. */
const LEAST_DISTANCE = 0.07;
/** So near to the edge of the surface no label is put. */
const EDGE = 0.06;

/** The place of one label for each level that has room for it: as far from all others as the lines of the level go. */
export function labelPlaces(lines: readonly Isoline[], { x, y }: Surface, taken: readonly Place[]) {
  const share = (axis: readonly number[], at: number): number => (at - axis[0]) / (axis[axis.length - 1] - axis[0]);
  const onSurface = ([atX, atY]: Place): Place => [share(x, atX), share(y, atY)];
  const occupied = taken.map(onSurface);
  const labels: { readonly line: Isoline; readonly index: number }[] = [];
  for (const [, ofLevel] of Map.groupBy(lines, ({ level }) => level)) {
    let best = { distance: LEAST_DISTANCE, at: null as Place | null, line: ofLevel[0], index: 0 };
    for (const line of ofLevel) {
      // A direction needs a place before and one behind.
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

/** The lines in the colour of the background, which stands out from all colours of a surface. */
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
      // Along the line, never upside down; angles grow against the clock, pixels downwards.
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
