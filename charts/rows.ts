/** A row for each thing that is compared, with marks and error bars. */
import type { EChartsOption, SeriesOption } from 'echarts';
import { visible } from '../base/printable.ts';
import { base, hollow, nameAxis, numberAxis, plot } from './base.ts';
import { errorBars } from './error-bars.ts';
import type { Theme } from './theme.ts';

export interface RowMarks {
  readonly name: string;
  readonly colour: string;
  readonly symbol: 'circle' | 'diamond' | 'triangle';
  /** Default: false */
  readonly isHollow?: boolean;
  /** Degrees, counter-clockwise. Default: 0 */
  readonly rotate?: number;
  readonly size: number;
  /** Distance below the middle of the row, in pixels. Default: 0 */
  readonly shift?: number;
  /** Default: 1 */
  readonly opacity?: number;
  readonly marks: readonly {
    readonly row: string;
    readonly value: number;
    readonly error?: number;
    readonly label?: string;
  }[];
}

/** @param title of the value axis, with its unit */
export function rowChart(title: string, rows: readonly string[], groups: readonly RowMarks[], theme: Theme) {
  const shown = groups.filter(({ marks }) => marks.length > 0);
  const common = base(
    theme,
    shown.map(({ name }) => name),
  );
  return {
    ...common,
    grid: plot({ left: 12, right: 24, top: common.grid.top, bottom: 10 }),
    xAxis: numberAxis(theme, title),
    yAxis: {
      ...nameAxis(theme, '', rows),
      inverse: true,
      splitLine: { show: true, interval: 0, lineStyle: { color: theme.line, type: 'dotted' } },
    },
    series: shown.flatMap((group) => series(group, rows, theme)),
  } satisfies EChartsOption;
}

function series(
  { name, colour, symbol, size, isHollow = false, shift = 0, rotate = 0, opacity = 1, marks }: RowMarks,
  rows: readonly string[],
  theme: Theme,
) {
  const scatter: SeriesOption = {
    type: 'scatter',
    name,
    symbol,
    symbolSize: size,
    symbolRotate: rotate,
    symbolOffset: [0, shift],
    z: 3,
    itemStyle: isHollow ? hollow(colour, theme) : { color: colour, opacity },
    data: marks.map(({ row, value, label }) => ({
      value: [value, visible(row)],
      label: { show: label !== undefined, formatter: label, position: 'right', color: theme.text, fontSize: 11 },
    })),
  };
  const bars = marks.map(({ row, value, error = 0 }) => ({ x: value, y: rows.indexOf(row), error }));
  return [scatter, errorBars({ name, colour, direction: 'horizontal', shift, bars })];
}
