/** Handwriting as data: how people write each digit, and the smooth curve of a pen through those points. */

export type Point = readonly [x: number, y: number];

/**
 * The ways to write each digit 0 … 9. Two figures are a point: x to the right, then y downwards, on a grid of
 * 10 × 10. The pen bends smoothly from point to point, turns a sharp corner at a point written twice, and lifts at `|`.
 */
const DIGITS: readonly (readonly string[])[] = [
  ['60 20 03 06 29 69 97 93 70 40', '71 40 12 07 39 69 97 93 61 42', '30 02 07 39 79 97 92 70 30 11'],
  ['50 59', '33 50 50 59', '23 50 50 59|29 89', '60 49'],
  ['12 30 80 93 75 09 09 99', '12 40 90 84 47 19 07 26 59 98', '03 11 50 92 86 29 09 09 89 98'],
  ['11 40 80 93 74 44 44 84 97 69 39 08', '02 50 92 64 43 54 96 79 29 07', '10 80 80 44 44 94 98 59 08'],
  ['20 06 06 96|72 69', '60 06 06 96|60 69', '10 14 26 86|80 79', '21 05 05 85|80 70 69'],
  ['20 14 14 53 93 97 69 29 08|20 90', '90 20 20 14 14 63 95 98 49 08', '91 30 13 54 86 98 49 08'],
  ['80 40 04 08 39 79 97 74 34 07', '50 14 07 29 69 88 85 45 17', '60 20 05 09 69 96 64 24 06'],
  ['10 90 90 49', '11 90 90 39|25 85', '02 10 10 90 90 39', '11 50 91 63 49', '10 80 80 55 59|35 95'],
  ['81 60 10 12 35 86 98 69 29 07 25 83 81', '60 10 13 54 83 90 40|54 14 07 29 79 97 74 44'],
  ['82 60 20 03 15 55 82 82 79', '82 50 10 03 25 75 82 84 78 49 18', '71 40 02 25 75 91 91 89'],
];

/** The grid's last index: points lie in 0 … GRID on both axes. */
export const GRID = 9;

/** DIGITS read: digit → ways to write it → strokes → points. */
export const templates: readonly (readonly (readonly (readonly Point[])[])[])[] = DIGITS.map((ways) =>
  ways.map((way) =>
    way.split('|').map((stroke) => stroke.split(' ').map((pair): Point => [Number(pair[0]), Number(pair[1])])),
  ),
);

/**
 * The quadratic B-spline of these control points, from the first to the last, as a line of short pieces: around every
 * inner point lies one Bézier arc between the middles of its two neighbouring sides.
 */
export function smoothCurve(points: readonly Point[], piecesPerArc: number): Point[] {
  const curve: Point[] = [points[0]];
  let start = points[0];
  for (let k = 1; k < points.length - 1; k += 1) {
    const control = points[k];
    const end = k === points.length - 2 ? points[k + 1] : middle(control, points[k + 1]);
    for (let piece = 1; piece <= piecesPerArc; piece += 1) {
      const t = piece / piecesPerArc;
      curve.push(between(between(start, control, t), between(control, end, t), t));
    }
    start = end;
  }
  if (points.length === 2) curve.push(points[1]);
  return curve;
}

const between = (a: Point, b: Point, t: number): Point => [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
const middle = (a: Point, b: Point): Point => between(a, b, 0.5);
