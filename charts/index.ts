/** Charts: pure functions from plain data to options of ECharts, for browsers and for files. */
export { armDotChart, sweepChart, type ArmDots, type Sweep } from './arms.ts';
export { worthShowing } from './base.ts';
export { calibrationChart } from './calibration.ts';
export { confusionChart } from './confusion.ts';
export { contourChart } from './contour.ts';
export { experimentChart, type ExperimentFigure } from './experiment.ts';
export { gapChart, type MethodScores } from './gap.ts';
export { geometryChart } from './geometry.ts';
export { MOST_MARKS, historyChart, type StudyTrials } from './history.ts';
export { importanceChart } from './importance.ts';
export { MOST_CURVES, intermediateChart } from './intermediate.ts';
export {
  learningCurveChart,
  learningRateChart,
  type CurveGroup,
  type CurveMetric,
  type LearningCurves,
} from './learning-curves.ts';
export { MOST_LINES, parallelChart } from './parallel.ts';
export { axisValue } from './parameter-axis.ts';
export { paretoChart, type ParetoPoint } from './pareto.ts';
export { MOST_POINTS, sliceChart } from './slice.ts';
export { valueTitle } from './values.ts';
export { themes, type Theme } from './theme.ts';
export { thinned } from './thin.ts';
export { MOST_BARS, timelineChart, timelineHeight, type Process } from './timeline.ts';
