/** What is drawn of the surroundings of solutions, as plain data: findings keep it, charts draw it. */

export interface Plane {
  /** Coordinates of the columns and rows, evenly spaced and rising; their unit is that of the weights. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** One row for each y, one number for each x; null where nothing was measured yet. */
  readonly z: readonly (readonly (number | null)[])[];
  /** For example `test error (%)`. */
  readonly title: string;
  /** For example SGD and SWA, with their place in the plane. */
  readonly points: readonly { readonly name: string; readonly x: number; readonly y: number }[];
  /** Places one after the other, such as the iterates of a training. */
  readonly path?: readonly (readonly [x: number, y: number])[];
}

export interface Lines {
  /** Rising; the same for all quantities. */
  readonly t: readonly number[];
  /** For example `distance from SWA along the line to SGD`. */
  readonly title: string;
  /** Names of the left axis and, if a quantity needs it, of the right one. */
  readonly axes: readonly [left: string] | readonly [left: string, right: string];
  readonly quantities: readonly {
    readonly name: string;
    readonly axis: 'left' | 'right';
    /** One for each t; null where nothing was measured. */
    readonly values: readonly (number | null)[];
  }[];
  /** Solutions on the line, for example SGD at 0 and SWA at 1. */
  readonly marks?: readonly { readonly name: string; readonly t: number }[];
}

export interface Rays {
  /** Distances from the solutions, rising; the same for all rays. */
  readonly distance: readonly number[];
  /** What is measured, for example `test error (%)`. */
  readonly title: string;
  /** For each solution one list of values per ray. */
  readonly families: readonly {
    readonly name: string;
    readonly rays: readonly (readonly (number | null)[])[];
  }[];
}

export interface Spectra {
  readonly spectra: readonly {
    readonly name: string;
    /** Rising eigenvalues, and the density at each: positive, its integral is 1. */
    readonly eigenvalue: readonly number[];
    readonly density: readonly number[];
  }[];
}

/** One of the charts above as plain data: it can be kept in a file, and be drawn again elsewhere. */
export type GeometryChart =
  | { readonly kind: 'plane'; readonly data: Plane }
  | { readonly kind: 'lines'; readonly data: Lines }
  | { readonly kind: 'rays'; readonly data: Rays }
  | { readonly kind: 'spectrum'; readonly data: Spectra };
