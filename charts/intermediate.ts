/** Intermediate values of the trials of a study. */
import { valueText } from '../base/format.ts';
import { isFeasible } from '../numerics/constraints.ts';
import type { EChartsOption } from 'echarts';
import type { FrozenTrial } from '../search/index.ts';
import { base, numberAxis, worthShowing } from './base.ts';
import type { StudyTrials } from './history.ts';
import type { Theme } from './theme.ts';
import { thinned } from './thin.ts';
import { markTooltip, valueAxis } from './values.ts';

const kinds = {
  best: { name: 'best trial', width: 2, opacity: 1 },
  complete: { name: 'complete', width: 1, opacity: 0.6 },
  pruned: { name: 'pruned', width: 1, opacity: 0.35 },
  other: { name: 'failed or running', width: 1, opacity: 0.6 },
} as const;

/** Most trials whose lines are drawn. */
export const MOST_CURVES = 150;

/**
 * A line for each fold of each trial over its epochs. Pruned trials are dimmed, the best one is in front, and steps
 * without a number are gaps. Of many trials only some are drawn.
 * @param study.stepsPerFold steps after which the next fold begins. Default: the steps of a trial are one line
 */
export function intermediateChart(
  { direction, measured, trials, stepsPerFold = Infinity }: StudyTrials & { readonly stepsPerFold?: number },
  theme: Theme,
): EChartsOption {
  const hasFolds = Number.isFinite(stepsPerFold);
  const values = trials.flatMap((trial) => (trial.value === null || !isFeasible(trial) ? [] : [trial.value]));
  const better = direction === 'minimize' ? Math.min : Math.max;
  const best = values.length === 0 ? NaN : values.reduce((one, other) => better(one, other));
  const bestTrial = trials.find((trial) => trial.value === best && isFeasible(trial));
  const colours = {
    best: theme.accent,
    complete: theme.states.COMPLETE,
    pruned: theme.states.PRUNED,
    other: theme.states.RUNNING,
  };
  const reported = trials.flatMap((trial) => Object.values(trial.intermediateValues).filter(Number.isFinite));
  const [min, max] = worthShowing(reported, direction);
  // Values that are no numbers (null after JSON) or far worse than the others leave a gap.
  const shown = (value: number | null): number | null =>
    value !== null && value >= min && value <= max ? value : null;
  const begun = thinned(
    trials.filter(({ intermediateValues }) => Object.keys(intermediateValues).length > 0),
    MOST_CURVES,
    (trial) => trial === bestTrial || trial.state === 'RUNNING',
  );
  const kindOf = (trial: FrozenTrial): keyof typeof kinds => {
    if (trial === bestTrial) return 'best';
    return trial.state === 'COMPLETE' ? 'complete' : trial.state === 'PRUNED' ? 'pruned' : 'other';
  };
  const drawn = new Set(begun.map(kindOf));
  const order = Object.keys(kinds) as (keyof typeof kinds)[];
  return {
    ...base(
      theme,
      order.filter((kind) => drawn.has(kind)).map((kind) => kinds[kind].name),
    ),
    tooltip: markTooltip(theme, ([, value], kind) => `${kind}: ${valueText(value, measured ?? 'unknown')}`),
    xAxis: {
      ...numberAxis(theme, hasFolds ? 'epoch of a fold' : 'step'),
      scale: false,
      minInterval: 1,
      ...(hasFolds && { min: 1, max: Math.max(2, stepsPerFold) }),
    },
    yAxis: valueAxis(theme, measured, measured === 'accuracy' ? 'reported accuracy (%)' : 'reported value'),
    series: begun.map((trial) => {
      const kind = kindOf(trial);
      const { name, width, opacity } = kinds[kind];
      const steps = Object.entries(trial.intermediateValues).map(([step, value]) => [Number(step), value] as const);
      return {
        type: 'line',
        name,
        // A single point makes no line and needs a symbol.
        symbol:
          stepsPerFold === 1 || steps.filter(([, value]) => shown(value) !== null).length === 1 ? 'circle' : 'none',
        symbolSize: 3,
        itemStyle: { color: colours[kind] },
        lineStyle: { width, opacity, color: colours[kind] },
        z: kind === 'best' ? 4 : kind === 'pruned' ? 2 : 3,
        data: foldByFold(
          steps.map(([step, value]) => [step, shown(value)]),
          stepsPerFold,
        ),
      };
    }),
  };
}

type Point = [step: number, value: number | null];

/** The steps of each fold from 1 on, with a gap between two folds. */
function foldByFold(steps: readonly Point[], stepsPerFold: number): Point[] {
  if (!Number.isFinite(stepsPerFold)) return [...steps];
  return steps.flatMap(([step, value], i) => {
    const point: Point = [(step % stepsPerFold) + 1, value];
    const isNext = i > 0 && Math.floor(step / stepsPerFold) > Math.floor(steps[i - 1][0] / stepsPerFold);
    return isNext ? [[point[0], null] as Point, point] : [point];
  });
}
