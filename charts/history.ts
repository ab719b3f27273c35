/** Optimization history: the value of every trial, and the best so far. */
import { isFeasible } from '../numerics/constraints.ts';
import type { EChartsOption, SeriesOption } from 'echarts';
import type { Measured } from '../base/format.ts';
import type { Direction, FrozenTrial } from '../search/index.ts';
import { base, hollow, numberAxis, worthShowing } from './base.ts';
import type { Theme } from './theme.ts';
import { thinned } from './thin.ts';
import { markTooltip, trialText, valueAxis } from './values.ts';

export interface StudyTrials {
  readonly name: string;
  readonly direction: Direction;
  /** What its values are. Default: unknown */
  readonly measured?: Measured;
  /** Trials in any state, sorted by number. */
  readonly trials: readonly FrozenTrial[];
}

/** Most marks of each kind. If there are more, only some at even distances are drawn. */
export const MOST_MARKS = 1_000;

/**
 * One study, or several to be compared. For a single study the trials that the plot cannot show are marked at its
 * bottom: far worse than the others, pruned, failed.
 */
export function historyChart(studies: readonly StudyTrials[], theme: Theme): EChartsOption {
  const values = studies.flatMap((study) => valuesOf(study).map(([, value]) => value));
  const [low, high] = worthShowing(values, studies[0]?.direction ?? 'maximize');
  const isShown = (value: number): boolean => value >= low && value <= high;
  const single = studies.length === 1 ? studies[0] : null;
  const courses = studies.flatMap((study, i) => {
    const colour = theme.series[i % theme.series.length];
    return single
      ? courseOf(study, isShown, ['complete', 'best so far'], [theme.states.COMPLETE, theme.accent])
      : courseOf(study, isShown, [study.name, study.name], [colour, colour]);
  });
  const margins = single ? marginsOf(single, isShown, theme) : [];
  // Where studies measure different things, no number is in percent.
  const measured = studies.every((study) => study.measured === studies[0].measured) ? studies[0]?.measured : undefined;
  return {
    ...base(theme, [...new Set([...courses, ...margins].map(({ name }) => String(name)))]),
    tooltip: markTooltip(theme, ([number, at], name) => {
      if (single === null) return `${name}, ${trialText(number, at, measured)}`;
      // Marks in the margins are not at their values.
      const value = single.trials.find((trial) => trial.number === number)?.value ?? null;
      return value === null ? `trial ${number}: ${name}` : trialText(number, value, measured);
    }),
    xAxis: {
      ...numberAxis(theme, 'trial'),
      minInterval: 1,
      max: Math.max(0, ...studies.map(({ trials }) => trials.length - 1)),
    },
    yAxis: [
      { ...valueAxis(theme, measured), boundaryGap: [single ? '14%' : '4%', '4%'] },
      { type: 'value', show: false, min: 0, max: 1 },
    ],
    series: [...courses, ...margins],
  };
}

const valuesOf = ({ trials }: StudyTrials): [number: number, value: number][] =>
  trials.flatMap(({ number, value }) => (value === null ? [] : [[number, value] as [number, number]]));

type Pair = readonly [values: string, best: string];

/** Values as points, and as steps the best value so far of the trials that keep their constraints. */
function courseOf(study: StudyTrials, isShown: (value: number) => boolean, names: Pair, colours: Pair): SeriesOption[] {
  const better = study.direction === 'minimize' ? Math.min : Math.max;
  const points = valuesOf(study);
  const course: [number, number][] = [];
  for (const [number, value] of valuesOf({ ...study, trials: study.trials.filter(isFeasible) })) {
    course.push([number, better(value, course.at(-1)?.[1] ?? value)]);
  }
  const improved = new Set(course.filter(([, best], i) => best !== course[i - 1]?.[1]));
  const steps = [...thinned(course, MOST_MARKS, (step) => improved.has(step))];
  const end = steps.at(-1);
  if (end) steps.push([study.trials.length - 1, end[1]]);
  return [
    {
      type: 'scatter',
      name: names[0],
      symbolSize: 6,
      itemStyle: { color: colours[0], opacity: 0.8 },
      data: [
        ...thinned(
          points.filter(([, value]) => isShown(value)),
          MOST_MARKS,
          ([, value]) => value === end?.[1],
        ),
      ],
    },
    {
      type: 'line',
      name: names[1],
      step: 'end',
      symbol: 'none',
      lineStyle: { width: 2, color: colours[1] },
      itemStyle: { color: colours[1] },
      data: steps.filter(([, value]) => isShown(value)),
    },
  ];
}

/** Heights of the rows of marks, on a hidden axis from 0 to 1. */
const rows = { worse: 0.11, pruned: 0.06, failed: 0.02 } as const;

function marginsOf({ trials }: StudyTrials, isShown: (value: number) => boolean, theme: Theme): SeriesOption[] {
  const { states } = theme;
  const isWorse = ({ value }: FrozenTrial): boolean => value !== null && !isShown(value);
  const groups = [
    ['far worse', rows.worse, states.COMPLETE, 'triangle', trials.filter(isWorse)],
    ['pruned', rows.pruned, states.PRUNED, 'rect', trials.filter(({ state }) => state === 'PRUNED')],
    ['failed', rows.failed, states.FAIL, 'diamond', trials.filter(({ state }) => state === 'FAIL')],
  ] as const;
  return groups
    .filter(([, , , , marked]) => marked.length > 0)
    .map(([name, row, colour, symbol, marked]) => ({
      type: 'scatter',
      name,
      yAxisIndex: 1,
      symbol,
      symbolSize: symbol === 'rect' ? [2, 9] : 8,
      symbolRotate: symbol === 'triangle' ? 180 : 0,
      itemStyle: symbol === 'triangle' ? hollow(colour, theme) : { color: colour },
      data: thinned(marked, MOST_MARKS).map(({ number }) => [number, row]),
    }));
}
