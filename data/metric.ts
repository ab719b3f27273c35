/**
 * What predictions are scored by.
 *
 * A metric looks at the predictions once and gives back a function of how often each image counts. So a score, its
 * bootstrap and the bootstrap of a difference between two sets of predictions sort and compare only once.
 */
import { random } from '../numerics/random.ts';
import { mean, standardDeviation } from '../numerics/statistics.ts';

export interface Predictions {
  /** f32[n × classes]. */
  readonly probabilities: Float32Array;
  /** Class index of each image: the most probable class. */
  readonly predicted: ArrayLike<number>;
  /** True class index of each image. */
  readonly labels: ArrayLike<number>;
  /** Number of classes, at least 2. */
  readonly classes: number;
}

/** How often each image counts, at the index of the image; null: once. */
export type Counts = Uint32Array | null;

export interface Metric {
  /** Name in sentences and tables: "log loss". */
  readonly title: string;
  readonly direction: 'maximize' | 'minimize';
  /** Whether it looks at the predicted classes alone, and so can score labels without probabilities. */
  readonly ofLabels?: true;
  /** Whether it says nothing of images of one class, so that every fold needs two. */
  readonly needsTwoClasses?: true;
  /** Whether it is the mean over the classes that the images have, so that folds may lack some. */
  readonly isOverClasses?: true;
  /** Smallest and largest value. */
  readonly range: readonly [number, number];
  /** Looks at the predictions. @returns the value when images count as often as `counts` says; NaN where it has none */
  readonly prepare: (predictions: Predictions) => (counts: Counts) => number;
  /** Closed form of the standard error. Where it is absent, the images are resampled. */
  readonly standardError?: (predictions: Predictions) => number;
}

export interface MetricScore {
  readonly value: number;
  readonly standardError: number;
}

/** The standard error of a standard error from 200 resamples is 5 %. */
const RESAMPLES = 200;

/** The value with its standard error, by resampling the images where no formula is known (Efron 1979). */
export function evaluateMetric(metric: Metric, predictions: Predictions): MetricScore {
  const valueOf = metric.prepare(predictions);
  const value = valueOf(null);
  if (metric.standardError) return { value, standardError: metric.standardError(predictions) };
  return { value, standardError: spread(resamples(predictions.labels.length, (counts) => valueOf(counts))) };
}

/**
 * How much better the first predictions are than the second, on the same images: positive speaks for the first, whatever
 * the direction of the metric. The images are resampled for both at once, so that what both find hard adds no noise.
 */
export function metricDifference(metric: Metric, first: Predictions, second: Predictions): MetricScore {
  const [ofFirst, ofSecond] = [metric.prepare(first), metric.prepare(second)];
  const difference = (counts: Counts): number => turned(metric, ofFirst(counts) - ofSecond(counts));
  return { value: difference(null), standardError: spread(resamples(first.labels.length, difference)) };
}

/** A value turned so that more is better. */
export const turned = ({ direction }: Metric, value: number): number => (direction === 'maximize' ? value : -value);

/** The values of resampled images, from a seed of their own: the same for the same predictions. */
function resamples(n: number, valueOf: (counts: Uint32Array) => number): number[] {
  const stream = random(0, 0, 'bootstrap');
  const counts = new Uint32Array(n);
  return Array.from({ length: RESAMPLES }, () => {
    counts.fill(0);
    for (let i = 0; i < n; i += 1) counts[Math.floor(stream.float() * n)] += 1;
    return valueOf(counts);
  });
}

/** A resample without an image of some class may have no value. */
function spread(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length < 2 ? NaN : standardDeviation(known);
}

/** Standard error of a mean of n values: the deviation over n divided by √n, as for a share √(p (1 − p) / n). */
export function errorOfMean(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)) / values.length);
}
