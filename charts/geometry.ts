/** Losses around solutions: over a plane, along lines and rays, and the spectrum of their curvature. */
import type { EChartsOption } from 'echarts';
import { base } from './base.ts';
import type { Theme } from './theme.ts';

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

/**
 * Filled cells, whose colours grow with log(z − lowest z): fine steps around the minimum, coarse ones on the slopes, as
 * in the figures of Izmailov et al. 2018.
 */
export const planeChart = (_plane: Plane, theme: Theme): EChartsOption => base(theme);

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

/** Several quantities along a line: between two solutions, or along a curve, its chord and a segment. */
export const lineChart = (_lines: Lines, theme: Theme): EChartsOption => base(theme);

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

/** Thin lines for the rays of each solution, a thick one for their mean. */
export const rayChart = (_rays: Rays, theme: Theme): EChartsOption => base(theme);

export interface Spectra {
  readonly spectra: readonly {
    readonly name: string;
    /** Rising eigenvalues, and the density at each: positive, its integral is 1. */
    readonly eigenvalue: readonly number[];
    readonly density: readonly number[];
  }[];
}

/** Spectral densities of Hessians, on a logarithmic axis. */
export const spectrumChart = (_spectra: Spectra, theme: Theme): EChartsOption => base(theme);
