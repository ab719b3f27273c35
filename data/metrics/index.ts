/** Metrics that a competition can name: a new one is a constant beside these and a line here. */
import { evaluateMetric, type Metric, type MetricScore, type Predictions } from '../metric.ts';
import { balancedAccuracy, macroF1, matthews, quadraticKappa, weightedF1 } from './confusion.ts';
import { rocAuc } from './roc-auc.ts';
import { accuracy, logLoss, top3, top5 } from './shares.ts';

export const metrics = {
  accuracy,
  'top-3-accuracy': top3,
  'top-5-accuracy': top5,
  'log-loss': logLoss,
  'macro-f1': macroF1,
  'weighted-f1': weightedF1,
  'balanced-accuracy': balancedAccuracy,
  'roc-auc': rocAuc,
  'quadratic-kappa': quadraticKappa,
  matthews,
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof metrics;

export const findMetric = (name: MetricName): Metric => metrics[name];

export const metricNames = Object.keys(metrics) as MetricName[];

/** A score that says what it is of. */
export interface NamedScore extends MetricScore {
  readonly name: MetricName;
  readonly direction: Metric['direction'];
}

export function scoreBy(name: MetricName, predictions: Predictions): NamedScore {
  return { name, direction: metrics[name].direction, ...evaluateMetric(metrics[name], predictions) };
}
