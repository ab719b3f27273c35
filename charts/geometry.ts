/** Losses around solutions: over a plane, along lines and rays, and the spectrum of their curvature. */
import type { EChartsOption, SeriesOption } from 'echarts';
import { base, colourAt, cornerTitle, logAxis, meanAndDeviation, numberAxis, plot, short } from './base.ts';
import { cells, edgesBetween } from './cells.ts';
import { isolines, isolineSeries } from './isolines.ts';
import type { GeometryChart, Lines, Plane, Rays, Spectra } from '../records/index.ts';
import type { Theme } from './theme.ts';
import { largest, smallest } from '../numerics/statistics.ts';

/**
 * Filled cells and lines of equal z, whose colours and levels grow with log(z − lowest z): fine steps around the
 * minimum, coarse ones on the slopes, as in the figures of Izmailov et al. 2018.
 */
export function planeChart({ x, y, z, title, points, path }: Plane, theme: Theme): EChartsOption {
  const measured = z.flat().filter((value) => value !== null);
  const [low, high] = measured.length === 0 ? [0, 1] : [smallest(measured), largest(measured)];
  // The levels are about linear up to a hundredth of the range above the lowest value, and logarithmic beyond.
  const fine = (high - low) / 100 || 1;
  const position = (value: number): number => Math.log1p((value - low) / fine) / Math.log1p((high - low) / fine || 1);
  const steps = Array.from({ length: COLOUR_BAR_STEPS }, (_, i) => (i + 0.5) / COLOUR_BAR_STEPS);
  const valueAt = (share: number): number => low + fine * Math.expm1(share * Math.log1p((high - low) / fine || 1));
  const shares = z.map((row) => row.map((value) => (value === null ? null : position(value))));
  // The lines are computed on the colour scale, where the surface is smoother than on that of the values.
  const surface = { x, y, z: shares };
  const rounded = high > low && measured.length > 0 ? roundLevels(valueAt, position) : [];
  const levels = new Map(rounded.map((level) => [between(position(level), measured.map(position)), level]));
  const nearNames = points.flatMap((point) => {
    const width = x[x.length - 1] - x[0];
    return NAME_SHARES.map((share) => [point.x + share * width, point.y] as const);
  });
  // The colours of low values stand out.
  const scale = theme.scale.toReversed();
  return {
    ...base(theme),
    grid: plot({ left: 12, right: 112, top: 34, bottom: 10 }),
    title: cornerTitle(theme, title),
    xAxis: planeAxis(theme, 'distance along the first axis of the plane', x),
    yAxis: planeAxis(theme, 'distance along the second axis', y),
    visualMap: {
      type: 'piecewise',
      seriesIndex: [],
      right: 12,
      top: 'middle',
      itemWidth: 14,
      itemHeight: 14,
      itemGap: 0,
      textGap: 6,
      itemSymbol: 'rect',
      selectedMode: false,
      textStyle: { color: theme.mutedText, fontSize: 11 },
      pieces: steps.map((share, i) => ({
        value: i,
        label: short(Number(valueAt(share).toPrecision(3))),
        color: colourAt(scale, share),
      })),
    },
    series: [
      cells({
        x: edgesBetween(x),
        y: edgesBetween(y),
        shares,
        scale,
      }),
      isolineSeries(
        surface,
        isolines(surface, [...levels.keys()]),
        { text: (share) => short(levels.get(share)!), taken: [...nearNames, ...(path ?? [])] },
        theme,
      ),
      pathSeries(path ?? [], theme),
      {
        type: 'scatter',
        symbolSize: 10,
        z: 5,
        itemStyle: { color: theme.background, borderColor: theme.text, borderWidth: 2, opacity: 1 },
        label: {
          show: true,
          position: 'right',
          distance: 6,
          formatter: '{b}',
          color: theme.text,
          fontWeight: 'bold',
          fontSize: 12,
          textBorderColor: theme.background,
          textBorderWidth: 3,
        },
        labelLayout: { moveOverlap: 'shiftY' },
        data: points.map((point) => ({ name: point.name, value: [point.x, point.y] })),
      },
    ],
  };
}

/**
 * Moves a level to halfway between the values just below and just above it, which separates the same points. An error
 * has few distinct values, and a line through many points that have exactly this value would be a tangle.
 */
function between(level: number, values: readonly number[]): number {
  const isUpTo = (value: number): boolean => value <= level + EQUAL;
  return (largest(values.filter(isUpTo)) + smallest(values.filter((value) => !isUpTo(value)))) / 2;
}

const EQUAL = 1e-9;
const COLOUR_BAR_STEPS = 12;
const LINES = 6;
/** Places that the name of a point takes, to the right of it, as shares of the width. */
const NAME_SHARES = [0, 0.06, 0.12];

/** Levels at even distances on the colour scale, each rounded to as few digits as keeps the distances about even. */
function roundLevels(valueAt: (share: number) => number, position: (value: number) => number): number[] {
  const most = 0.2 / LINES;
  return Array.from({ length: LINES }, (_, i) => {
    const share = (i + 1) / (LINES + 1);
    const value = valueAt(share);
    const rounded = [1, 2, 3, 4, 5, 6].map((digits) => Number(value.toPrecision(digits)));
    return rounded.find((level) => Math.abs(position(level) - share) < most) ?? value;
  });
}

/** An axis whose ends are the edges of the outer cells. These are no round numbers and get no labels. */
function planeAxis(theme: Theme, name: string, positions: readonly number[]) {
  const common = numberAxis(theme, name);
  const edges = edgesBetween(positions);
  return {
    ...common,
    min: edges[0],
    max: edges[edges.length - 1],
    // Grid lines would look like a part of the surface.
    splitLine: { show: false },
    axisLabel: { ...common.axisLabel, showMinLabel: false, showMaxLabel: false },
  };
}

const pathSeries = (path: NonNullable<Plane['path']>, theme: Theme): SeriesOption => ({
  type: 'line',
  symbol: 'circle',
  symbolSize: 4,
  z: 4,
  lineStyle: { color: theme.text, width: 1.5, opacity: 0.85 },
  itemStyle: { color: theme.text },
  data: path.map((place) => [...place]),
});

/** Several quantities along a path in weight space: between two solutions, or along a curve and its chord. */
export function lineChart({ t, title, axes, quantities, marks = [] }: Lines, theme: Theme): EChartsOption {
  const hasMarks = marks.length > 0;
  const common = base(
    theme,
    quantities.map(({ name }) => name),
  );
  return {
    ...common,
    // The names of the marks stand above the plot.
    grid: { ...common.grid, top: Number(common.grid.top) + (hasMarks ? 18 : 0), right: axes.length > 1 ? 12 : 20 },
    xAxis: { ...numberAxis(theme, title), min: t[0], max: t[t.length - 1] },
    yAxis: axes.map((name, i) => ({
      ...numberAxis(theme, name),
      ...(i === 1 ? { splitLine: { show: false } } : {}),
    })),
    series: [
      ...quantities.map(({ name, axis, values }, i): SeriesOption => {
        const colour = theme.series[i % theme.series.length];
        return {
          type: 'line',
          name,
          yAxisIndex: axis === 'right' ? 1 : 0,
          symbol: 'none',
          lineStyle: { color: colour, width: 2, type: axis === 'right' ? 'dashed' : 'solid' },
          itemStyle: { color: colour },
          data: t.map((at, k) => [at, values[k]]),
        };
      }),
      {
        type: 'line',
        silent: true,
        data: [],
        markLine: {
          symbol: 'none',
          silent: true,
          lineStyle: { color: theme.mutedText, type: 'dotted', width: 1.5 },
          label: { color: theme.text, formatter: '{b}', distance: 4 },
          data: marks.map(({ name, t: at }) => ({ name, xAxis: at })),
        },
      },
    ],
  };
}

/** A thin line for each ray of a solution, and a thick line for their mean. */
export function rayChart({ distance, title, families }: Rays, theme: Theme): EChartsOption {
  return {
    ...base(
      theme,
      families.map(({ name }) => name),
    ),
    xAxis: { ...numberAxis(theme, 'distance from the solution'), scale: false, max: distance[distance.length - 1] },
    yAxis: numberAxis(theme, title),
    series: families.flatMap(({ name, rays }, i) => {
      const colour = theme.series[i % theme.series.length];
      const line = (values: readonly (number | null)[], width: number, opacity: number): SeriesOption => ({
        type: 'line',
        name,
        symbol: 'none',
        z: width > 1 ? 3 : 2,
        lineStyle: { color: colour, width, opacity },
        itemStyle: { color: colour },
        data: distance.map((at, k) => [at, values[k]]),
      });
      // Without the rays that are still being measured the mean would mislead.
      const mean = distance.map((_at, k) => {
        const values = rays.map((ray) => ray[k]).filter((value) => value !== null);
        return values.length === rays.length ? meanAndDeviation(values).mean : null;
      });
      return [...rays.map((ray) => line(ray, 1, 0.35)), line(mean, 2.5, 1)];
    }),
  };
}

/** Spectral densities of Hessians, on a logarithmic axis. */
export function spectrumChart({ spectra }: Spectra, theme: Theme): EChartsOption {
  return {
    ...base(
      theme,
      spectra.map(({ name }) => name),
    ),
    xAxis: numberAxis(theme, 'eigenvalue of the Hessian'),
    yAxis: logAxis(theme, 'density', [LEAST_DENSITY, ...spectra.flatMap(({ density }) => density)].filter(isShown)),
    series: spectra.map(({ name, eigenvalue, density }, i) => {
      const colour = theme.series[i % theme.series.length];
      return {
        type: 'line',
        name,
        symbol: 'none',
        lineStyle: { color: colour, width: 2 },
        itemStyle: { color: colour },
        areaStyle: { color: colour, opacity: 0.12 },
        data: eigenvalue.map((at, k) => [at, isShown(density[k]) ? density[k] : LEAST_DENSITY]),
      };
    }),
  };
}

/** Lower densities are not drawn: they are only tails of the smoothing kernels. */
const LEAST_DENSITY = 1e-7;

const isShown = (density: number): boolean => density >= LEAST_DENSITY;

export function geometryChart({ kind, data }: GeometryChart, theme: Theme): EChartsOption {
  switch (kind) {
    case 'plane':
      return planeChart(data, theme);
    case 'lines':
      return lineChart(data, theme);
    case 'rays':
      return rayChart(data, theme);
    case 'spectrum':
      return spectrumChart(data, theme);
  }
}
