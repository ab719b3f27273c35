import test from 'ava';
import { isolines, labelPlaces, type Surface } from '../../charts/isolines.ts';

/** Coordinates are sums and products of a few numbers. */
const ROUNDING = 1e-12;
/** What straight pieces between the points of the grid miss of a circle of radius 2 with cells of a quarter. */
const CHORD = 0.01;

const axis = (low: number, count: number, step: number): number[] =>
  Array.from({ length: count }, (_, i) => low + i * step);

/** A function on a grid of points. */
function surfaceOf(x: number[], y: number[], value: (x: number, y: number) => number | null): Surface {
  return { x, y, z: y.map((atY) => x.map((atX) => value(atX, atY))) };
}

test('the line of a slope is straight, at its level, and comes to the edge of the outer cells', (t) => {
  const slope = surfaceOf(axis(10, 5, 2), axis(-1, 4, 0.5), (x) => 3 * x);
  const lines = isolines(slope, [40, 47]);
  t.deepEqual(
    lines.map(({ level }) => level),
    [40, 47],
  );
  for (const { level, places } of lines) {
    for (const [x] of places) t.true(Math.abs(x - level / 3) < ROUNDING, `${x}`);
    const heights = places.map(([, y]) => y);
    t.true(Math.min(...heights) <= -1.25 && Math.max(...heights) >= 0.75, heights.join(' '));
  }
});

test('the line around a hill closes, and has the right distance from its top', (t) => {
  const hill = surfaceOf(axis(-3, 25, 0.25), axis(-3, 25, 0.25), (x, y) => -Math.hypot(x, y));
  const [line, ...others] = isolines(hill, [-2]);
  t.deepEqual(others, []);
  t.deepEqual(line.places.at(0), line.places.at(-1));
  for (const [x, y] of line.places) t.true(Math.abs(Math.hypot(x, y) - 2) < CHORD, `${x}, ${y}`);
});

test('a line ends where nothing was measured, and goes on behind it', (t) => {
  const hole = surfaceOf(axis(0, 5, 1), axis(0, 9, 1), (x, y) => (y === 4 ? null : x));
  const lines = isolines(hole, [1.5]);
  t.is(lines.length, 2);
  const places = lines.flatMap((line) => line.places);
  for (const [x, y] of places) {
    t.is(x, 1.5);
    t.true(y <= 3 || y >= 5);
  }
});

test('a level that no point reaches has no line, and a grid without cells none at all', (t) => {
  const slope = surfaceOf(axis(0, 3, 1), axis(0, 3, 1), (x) => x);
  t.deepEqual(isolines(slope, [7, -7]), []);
  t.deepEqual(isolines({ x: [0], y: [0, 1], z: [[1], [2]] }, [1.5]), []);
  t.deepEqual(
    isolines(
      surfaceOf(axis(0, 3, 1), axis(0, 3, 1), () => null),
      [0],
    ),
    [],
  );
});

test('one label for each level stands on its line, away from the others and from what is taken', (t) => {
  const hill = surfaceOf(axis(-3, 25, 0.25), axis(-3, 25, 0.25), (x, y) => -Math.hypot(x, y));
  const lines = isolines(hill, [-2, -1.5, -1]);
  const taken = [[2, 0]] as const;
  const labels = labelPlaces(lines, hill, taken);
  t.deepEqual(
    labels.map(({ line: { level } }) => level),
    [-2, -1.5, -1],
  );
  const places = [...taken, ...labels.map(({ line, index }) => line.places[index])];
  // The first is on the other side of what is taken.
  t.true(places[1][0] < -1.9);
  for (const [i, [x1, y1]] of places.entries()) {
    for (const [x2, y2] of places.slice(i + 1)) t.true(Math.hypot(x1 - x2, y1 - y2) > 0.07 * 6);
  }
  const everywhere = axis(-3, 25, 0.25).flatMap((x) => axis(-3, 25, 0.25).map((y) => [x, y] as const));
  t.deepEqual(labelPlaces(lines, hill, everywhere), []);
});
