/**
 * The hypervolume of a set of points: the volume that they dominate within the box below a reference point. Less is
 * better in every objective. It is exact for any number of objectives. The cost grows fast with their number, so that
 * up to four are practical. Source: While, Bradstreet and Barone 2012, "A fast way of calculating exact hypervolumes"
 * (WFG).
 */

/**
 * @param points f64[m] each; points that are not below the reference in every objective add nothing
 * @param reference f64[m]
 * @example hypervolume([[1, 2], [2, 1]], [3, 3]) === 3
 */
export function hypervolume(points: readonly (readonly number[])[], reference: readonly number[]): number {
  const inside = points.filter((point) => point.every((value, i) => value < reference[i]));
  return volume(inside, reference);
}

/** @param inside points below the reference */
function volume(inside: readonly (readonly number[])[], reference: readonly number[]): number {
  if (inside.length === 0) return 0;
  if (reference.length === 1) return reference[0] - inside.reduce((least, [x]) => Math.min(least, x), Infinity);
  if (reference.length === 2) return sweep(inside.toSorted(lexicographic), reference);
  const points = undominated(inside);
  // Each point adds its box without the part that later points dominate.
  return points.reduce((sum, point, i) => {
    const limited = points.slice(i + 1).map((other) => other.map((value, k) => Math.max(value, point[k])));
    const box = point.reduce((product, value, k) => product * (reference[k] - value), 1);
    return sum + box - volume(limited, reference);
  }, 0);
}

/** @param points in lexicographic order */
function sweep(points: readonly (readonly number[])[], [right, top]: readonly number[]): number {
  let ceiling = top;
  let area = 0;
  for (const [x, y] of points) {
    if (y >= ceiling) continue;
    area += (right - x) * (ceiling - y);
    ceiling = y;
  }
  return area;
}

/** The points that no other point dominates, without duplicates, in lexicographic order. */
function undominated(points: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const kept: (readonly number[])[] = [];
  for (const point of points.toSorted(lexicographic)) {
    if (!kept.some((other) => other.every((value, i) => value <= point[i]))) kept.push(point);
  }
  return kept;
}

function lexicographic(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((value, k) => value !== b[k]);
  return i < 0 ? 0 : a[i] - b[i];
}
