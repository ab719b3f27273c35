/** What all charts have in common: colours, fonts, axes, and how numbers are written. */
import type { EChartsOption } from 'echarts';
import { shortNumber } from '../base/format.ts';
import { visible } from '../base/printable.ts';
import type { Theme } from './theme.ts';
import { largest, mean, median, smallest, standardDeviation } from '../numerics/statistics.ts';

const FONT_SIZE = 12;

/** Characters that fit into a row of the legend. */
const LEGEND_CHARACTERS = 84;
/** If a name is longer, every name gets a row of its own. */
const LONG_NAME = 40;
const LEGEND_ROW = 20;
const FOCUS = 4;
/** Significant digits of a tick. With fewer, neighbouring ticks of a short axis would read the same. */
export const TICK_DIGITS = 6;

/**
 * Colours, fonts, and one plot below a legend with these names. There is no animation, so that a chart always looks the
 * same. Tooltips are drawn on the canvas: a name in them cannot become HTML.
 */
export function base(theme: Theme, names: readonly string[] = []) {
  const isLong = names.some((name) => name.length > LONG_NAME);
  const characters = names.reduce((sum, name) => sum + name.length + 6, 0);
  const rows = isLong ? names.length : Math.ceil(characters / LEGEND_CHARACTERS);
  return {
    backgroundColor: theme.background,
    color: [...theme.series],
    textStyle: { fontFamily: theme.font, color: theme.text, fontSize: FONT_SIZE },
    animation: false,
    useUTC: true,
    grid: plot({ left: 12, right: 20, top: 14 + rows * LEGEND_ROW, bottom: 10 }),
    legend: {
      show: names.length > 0,
      type: rows > 1 ? 'plain' : 'scroll',
      orient: isLong ? 'vertical' : 'horizontal',
      data: [...names],
      top: 2,
      left: 8,
      right: 8,
      itemWidth: 18,
      itemHeight: 9,
      itemGap: isLong ? 7 : 14,
      textStyle: { color: theme.text, fontSize: FONT_SIZE },
      inactiveColor: theme.line,
      pageTextStyle: { color: theme.text },
    },
    tooltip: {
      renderMode: 'richText',
      confine: true,
      backgroundColor: theme.background,
      borderColor: theme.line,
      textStyle: { color: theme.text, fontSize: FONT_SIZE },
    },
  } satisfies EChartsOption;
}

type Place = Readonly<Record<'left' | 'right' | 'top' | 'bottom', number | string>>;
type Grid = Place & { readonly outerBoundsMode: 'same'; readonly outerBoundsContain: 'all' };

/** A plot that fills a place, together with the labels and names of its axes. */
export const plot = (place: Place): Grid => ({ ...place, outerBoundsMode: 'same', outerBoundsContain: 'all' });

/** The look of an axis of any type. @param name with its unit */
export const axis = (theme: Theme, name: string) => ({
  name: visible(name),
  nameLocation: 'middle' as const,
  nameGap: 12,
  nameTextStyle: { color: theme.mutedText, fontSize: FONT_SIZE },
  axisLine: { show: true, onZero: false, lineStyle: { color: theme.line } },
  axisTick: { show: false },
  axisLabel: { color: theme.mutedText, fontSize: FONT_SIZE - 1, hideOverlap: true },
  splitLine: { lineStyle: { color: theme.line } },
  minorSplitLine: { show: false },
});

/** An axis of numbers, from a little below the smallest to a little above the largest one. */
export const numberAxis = (theme: Theme, name: string) => {
  const common = axis(theme, name);
  return {
    ...common,
    type: 'value' as const,
    scale: true,
    axisLabel: { ...common.axisLabel, formatter: (value: number) => short(value, TICK_DIGITS) },
  };
};

/** A logarithmic axis from the smallest to the largest value. @param values above 0 */
export const logAxis = (theme: Theme, name: string, values: readonly number[]) => {
  const common = axis(theme, name);
  const [min, max] = values.length === 0 ? [1, 10] : [smallest(values), largest(values)];
  const customValues = logTicks(min, max);
  return {
    ...common,
    type: 'log' as const,
    min,
    max,
    axisTick: { ...common.axisTick, customValues },
    axisLabel: { ...common.axisLabel, customValues, formatter: (value: number) => short(value) },
  };
};

/** Powers of ten; over few decades also multiples of them. */
function logTicks(min: number, max: number): number[] {
  const decades = Math.log10(max / min);
  const factors = decades > 2 ? [1] : decades > 0.7 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
  const every = Math.max(1, Math.round(decades / 8));
  const [first, last] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))];
  const ticks: number[] = [];
  for (let power = first; power <= last; power += every) {
    for (const factor of factors) ticks.push(Number((factor * 10 ** power).toPrecision(3)));
  }
  return ticks.filter((tick) => tick >= min && tick <= max);
}

/** An axis of categories. */
export const nameAxis = (theme: Theme, name: string, names: readonly string[]) => {
  const common = axis(theme, name);
  return {
    ...common,
    type: 'category' as const,
    data: names.map(visible),
    splitLine: { show: false },
    axisLabel: { ...common.axisLabel, color: theme.text, interval: 0, hideOverlap: false },
  };
};

/** A title that ends at the upper right, in whatever font it is drawn: what the chart or its colours show. */
export const cornerTitle = (theme: Theme, text: string) => ({
  text,
  // With a number on the right, ECharts places the beginning of the text, by a width that it has estimated.
  left: 'right' as const,
  padding: [5, 17],
  top: 6,
  textStyle: { color: theme.mutedText, fontSize: FONT_SIZE, fontWeight: 'normal' as const },
});

/** A mark that is drawn as an outline only. */
export const hollow = (colour: string, { background }: Theme) => ({
  color: background,
  borderColor: colour,
  borderWidth: 1.5,
});

/** A number with a typographic minus sign: 0.9801, 1.5e−7, 12,340 */
export const short = (value: number, digits?: number): string => shortNumber(value, digits).replaceAll('-', '−');

/**
 * Interpolates a colour scale.
 * @param scale hexadecimal colours at even distances, two or more
 * @param share place on the scale, clipped to [0, 1]
 */
export function colourAt(scale: readonly string[], share: number): string {
  const place = Math.min(Math.max(share, 0), 1) * (scale.length - 1);
  const below = Math.min(Math.floor(place), scale.length - 2);
  const [from, to] = [scale[below], scale[below + 1]].map((colour) =>
    [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)),
  );
  const mixed = from.map((channel, i) => Math.round(channel + (place - below) * (to[i] - channel)));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/**
 * The range of values to show. It leaves out values whose distance from the best is more than `factor` times the upper
 * quartile of these distances: at most a quarter of all, and none if that quartile is 0. Without this a diverged trial
 * would press all others into a line.
 * @param values one or more
 * @param factor Default: 4
 * @returns lowest and highest value that is shown
 */
export function worthShowing(
  values: readonly number[],
  direction: 'minimize' | 'maximize',
  factor = FOCUS,
): [number, number] {
  const sign = direction === 'minimize' ? 1 : -1;
  const sorted = Float64Array.from(values, (value) => sign * value).toSorted();
  const best = sorted[0];
  const spread = sorted[Math.ceil(0.75 * (sorted.length - 1))] - best;
  const limit = spread > 0 ? best + factor * spread : Infinity;
  const worst = sorted.findLast((value) => value <= limit) ?? best;
  return sign > 0 ? [best, worst] : [-worst, -best];
}

/**
 * The range of values to show. It leaves out values that are farther from the median than eight times the median
 * distance, which would press the others into a point.
 * @param besides values that are shown in any case: the range includes them
 * @returns lowest and highest value that is shown; ±Infinity if the median distance is 0
 */
export function usualRange(values: readonly number[], besides: readonly number[] = []): [number, number] {
  const middle = median(values);
  const spread = median(values.map((value) => Math.abs(value - middle)));
  if (spread === 0) return [-Infinity, Infinity];
  return [Math.min(middle - USUAL * spread, ...besides), Math.max(middle + USUAL * spread, ...besides)];
}

const USUAL = 8;

/** Mean and sample standard deviation, which is 0 for a single value. */
export function meanAndDeviation(values: readonly number[]): { mean: number; sd: number } {
  return { mean: mean(values), sd: values.length > 1 ? standardDeviation(values) : 0 };
}
