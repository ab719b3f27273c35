/** Parallel coordinates: all parameters of the complete trials. */
import type { EChartsOption } from 'echarts';
import type { Distribution, FrozenTrial } from '../search/index.ts';
import { base, worthShowing } from './base.ts';
import type { StudyTrials } from './history.ts';
import { axisValue, parameterAxis } from './parameter-axis.ts';
import type { Theme } from './theme.ts';
import { thinned } from './thin.ts';
import { markTooltip, trialText, valueAxis, valueTitle } from './values.ts';

/** Most trials whose lines are drawn: the best ones, and some of the others. */
export const MOST_LINES = 300;
const BEST_LINES = 100;

/**
 * A line for each complete trial, coloured by its value. Values far worse than the others are drawn at the end of their
 * axis. The items of the only series are the drawn trials in their order, and the `name` of each is the trial's number:
 * listeners to `axisareaselected` rely on this.
 */
export function parallelChart({ direction, measured, trials }: StudyTrials, theme: Theme): EChartsOption {
  const complete = trials.filter(({ value }) => value !== null);
  const space: Record<string, Distribution> = {};
  for (const spaces of new Set(complete.map((trial) => trial.distributions))) Object.assign(space, spaces);
  const distributions = Object.entries(space);
  const values = complete.map(({ value }) => value!);
  const sign = direction === 'minimize' ? 1 : -1;
  const lastOfBest = values.toSorted((a, b) => sign * (a - b)).at(BEST_LINES - 1) ?? NaN;
  let best = 0;
  const isBest = ({ value }: FrozenTrial): boolean => sign * value! <= sign * lastOfBest && best++ < BEST_LINES;
  const drawn = complete.length <= MOST_LINES ? complete : thinned(complete, MOST_LINES - BEST_LINES, isBest);
  const [min, max] = worthShowing(values, direction);
  const scale = direction === 'minimize' ? theme.scale.toReversed() : [...theme.scale];
  const column = <Axis extends { readonly axisLabel: object }>(dim: number, name: string, like: Axis) => ({
    ...like,
    dim,
    name,
    nameLocation: 'end' as const,
    nameGap: 14,
    nameTextStyle: { color: theme.text, fontSize: 12 },
    axisLine: { lineStyle: { color: theme.mutedText } },
    // An outline keeps the numbers legible over the lines.
    axisLabel: { ...like.axisLabel, textBorderColor: theme.background, textBorderWidth: 3 },
  });
  return {
    ...base(theme),
    tooltip: markTooltip(theme, (_at, _series, name) =>
      trialText(Number(name), complete.find(({ number }) => number === Number(name))?.value ?? NaN, measured),
    ),
    parallel: {
      left: 56,
      right: 90,
      top: 44,
      bottom: 24,
      parallelAxisDefault: { areaSelectStyle: { width: 16, borderColor: theme.accent, color: theme.accent } },
    },
    parallelAxis: [
      column(0, valueTitle(measured), { ...valueAxis(theme, measured, ''), min, max }),
      ...distributions.map(([name, distribution], i) => column(i + 1, name, parameterAxis(theme, '', distribution))),
    ],
    visualMap: {
      type: 'continuous',
      show: false,
      min,
      max,
      dimension: 0,
      inRange: { color: scale },
    },
    series: [
      {
        type: 'parallel',
        lineStyle: { width: 1.5, opacity: 0.75 },
        data: drawn.map(({ number, value, params }) => ({
          name: String(number),
          value: [
            Math.min(Math.max(value!, min), max),
            ...distributions.map(([name, distribution]) =>
              Object.hasOwn(params, name) ? axisValue(distribution, params[name]) : NaN,
            ),
          ],
        })),
      },
    ],
  };
}
