/** The figures of an experiment as data, and how each is drawn: its report and the dashboard show the same. */
import type { EChartsOption } from 'echarts';
import { type ArmDots, armDotChart, type Sweep, sweepChart } from './arms.ts';
import { learningCurveChart, type LearningCurves } from './learning-curves.ts';
import type { Theme } from './theme.ts';

interface About {
  /** Name of its files. */
  readonly name: string;
  readonly title: string;
  /** What is to be seen, and how to read it. */
  readonly label: string;
  /** In CSS pixels. */
  readonly height: number;
}

export type ExperimentFigure = About &
  (
    | { readonly kind: 'arms'; readonly data: ArmDots }
    | { readonly kind: 'sweep'; readonly data: Sweep }
    | { readonly kind: 'curves'; readonly data: LearningCurves }
  );

export function experimentChart(figure: ExperimentFigure, theme: Theme): EChartsOption {
  switch (figure.kind) {
    case 'arms':
      return armDotChart(figure.data, theme);
    case 'sweep':
      return sweepChart(figure.data, theme);
    case 'curves':
      return learningCurveChart(figure.data, theme);
  }
}
