/** Values of a study in charts: data are the stored values, and what is read of an accuracy is in percent. */
import type { EChartsOption, TooltipComponentFormatterCallbackParams } from 'echarts';
import { type Measured, valueText } from '../base/format.ts';
import type { Direction } from '../search/index.ts';
import { base, numberAxis, short, TICK_DIGITS } from './base.ts';
import type { Theme } from './theme.ts';

/** What charts know of the values of a study. */
export interface Objective {
  /** If given, values that are far worse than the others are not drawn at their place. */
  readonly direction?: Direction;
  /** Default: unknown */
  readonly measured?: Measured;
}

/** What an axis or a colour bar of values shows, with its unit. */
export const valueTitle = (measured?: Measured): string =>
  measured === 'accuracy' ? 'accuracy (%)' : 'objective value';

/** A value at such an axis or colour bar. */
export const valueTick = (value: number, measured?: Measured, digits?: number): string =>
  short(measured === 'accuracy' ? 100 * value : value, digits);

/** An axis of values. @param name Default: as `valueTitle` */
export function valueAxis(theme: Theme, measured?: Measured, name = valueTitle(measured)) {
  const common = numberAxis(theme, name);
  const formatter = (value: number): string => valueTick(value, measured, TICK_DIGITS);
  return { ...common, axisLabel: { ...common.axisLabel, formatter } };
}

/** A trial in a tooltip: trial 12: 98.12 % */
export const trialText = (number: number, value: number, measured: Measured = 'unknown'): string =>
  `trial ${number}: ${valueText(value, measured)}`;

/** Tooltips of marks whose data are arrays of numbers. @param textOf text of a mark, by its data, its series and its name */
export const markTooltip = (theme: Theme, textOf: (mark: readonly number[], series: string, name: string) => string) =>
  ({
    ...base(theme).tooltip,
    formatter(mark: TooltipComponentFormatterCallbackParams): string {
      const { value, seriesName = '', name } = Array.isArray(mark) ? mark[0] : mark;
      return Array.isArray(value) ? textOf(value.map(Number), seriesName, name) : '';
    },
  }) satisfies EChartsOption['tooltip'];
