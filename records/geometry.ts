/** Data of charts of the loss around solutions. Findings store them, and charts draw them. */

export interface Plane {
  /** Coordinates of the columns and rows in weight space, evenly spaced, ascending. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** One row for each y with a value for each x; null if not measured yet. */
  readonly z: readonly (readonly (number | null)[])[];
  /** The measured quantity, for example `test error (%)`. */
  readonly title: string;
  /** Named points of the plane, for example SGD and SWA. */
  readonly points: readonly { readonly name: string; readonly x: number; readonly y: number }[];
  /** A polyline, for example the iterates of a training. */
  readonly path?: readonly (readonly [x: number, y: number])[];
}

export interface Lines {
  /** Positions on the line, ascending, the same for all quantities. */
  readonly t: readonly number[];
  /** Name of the axis of t, for example `distance from SWA along the line to SGD`. */
  readonly title: string;
  /** Names of the left axis and, if a quantity uses it, of the right one. */
  readonly axes: readonly [left: string] | readonly [left: string, right: string];
  readonly quantities: readonly {
    readonly name: string;
    readonly axis: 'left' | 'right';
    /** One value for each t; null if not measured. */
    readonly values: readonly (number | null)[];
  }[];
  /** Solutions on the line, for example SGD at 0 and SWA at 1. */
  readonly marks?: readonly { readonly name: string; readonly t: number }[];
}

export interface Rays {
  /** Distances from the solutions, ascending, the same for all rays. */
  readonly distance: readonly number[];
  /** The measured quantity, for example `test error (%)`. */
  readonly title: string;
  /** For each solution a list of values for each ray. */
  readonly families: readonly {
    readonly name: string;
    readonly rays: readonly (readonly (number | null)[])[];
  }[];
}

export interface Spectra {
  readonly spectra: readonly {
    readonly name: string;
    /** Ascending eigenvalues, and the density at each, which is positive with integral 1. */
    readonly eigenvalue: readonly number[];
    readonly density: readonly number[];
  }[];
}

/** One of the charts above, as it is stored in a file. */
export type GeometryChart =
  | { readonly kind: 'plane'; readonly data: Plane }
  | { readonly kind: 'lines'; readonly data: Lines }
  | { readonly kind: 'rays'; readonly data: Rays }
  | { readonly kind: 'spectrum'; readonly data: Spectra };
