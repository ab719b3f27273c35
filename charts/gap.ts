/** Generalization gap: how far scores on training images are from those on other images. */
import type { EChartsOption } from 'echarts';
import type { Score } from '../pipeline/index.ts';
import { rowChart, type RowMarks } from './rows.ts';
import type { Theme } from './theme.ts';

export interface MethodScores {
  readonly name: string;
  readonly train: Score;
  readonly outOfFold: Score;
  readonly test: Score | null;
}

/** Distance between the two marks of a row, in pixels. */
const APART = 12;

/**
 * A row for each method: train − out-of-fold and train − test in percentage points, ± one standard error. The error
 * takes the two scores as independent. Train and out-of-fold scores are of the same images, so their error bar is too
 * long.
 */
export function gapChart(methods: readonly MethodScores[], theme: Theme): EChartsOption {
  const group = (
    name: string,
    scoreOf: (method: MethodScores) => Score | null,
    style: Pick<RowMarks, 'colour' | 'symbol' | 'shift'>,
  ): RowMarks => ({
    name,
    size: 10,
    ...style,
    marks: methods.flatMap((method) => {
      const score = scoreOf(method);
      if (score === null) return [];
      const error = Math.hypot(method.train.standardError, score.standardError);
      return [{ row: method.name, value: 100 * (method.train.accuracy - score.accuracy), error: 100 * error }];
    }),
  });
  const groups = [
    group('train − out-of-fold', ({ outOfFold }) => outOfFold, {
      colour: theme.series[0],
      symbol: 'circle',
      shift: -APART / 2,
    }),
    group('train − test', ({ test }) => test, { colour: theme.series[1], symbol: 'diamond', shift: APART / 2 }),
  ];
  return rowChart(
    'accuracy lost (points)',
    methods.map(({ name }) => name),
    groups,
    theme,
  );
}
