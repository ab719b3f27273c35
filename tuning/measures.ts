/** What a trial is measured by beside its score, for further objectives and for constraints. */
import { metricNames, type MetricName } from '../data/index.ts';
import { ownValue, unknownName } from '../base/own-value.ts';
import { quoted } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import type { FoldResult } from '../pipeline/index.ts';

/** A measure: less is better. A new one is an entry of the registry below. */
interface Measure {
  /** In the sentence "the search also minimises …". */
  readonly title: string;
  readonly ofFold: (fold: Pick<FoldResult, 'seconds' | 'solutions'>) => number;
  /** The measure of a trial, from those of its folds. */
  readonly together: (folds: readonly number[]) => number;
}

export const measures = {
  seconds: {
    title: 'seconds of training, all folds together',
    ofFold: ({ seconds }) => seconds,
    together: (folds) => folds.reduce((sum, seconds) => sum + seconds, 0),
  },
  weights: {
    title: 'weights of all networks that predict together',
    ofFold: ({ solutions }) => solutions.reduce((sum, { weights }) => sum + weights.length, 0),
    together: (folds) => Math.max(...folds),
  },
} satisfies Record<string, Measure>;

export type MeasureName = keyof typeof measures;

export const measureNames = Object.keys(measures) as MeasureName[];

export const isMeasure = (name: string): name is MeasureName => ownValue(measures, name) !== undefined;

/** A bound on the score or on a measure. */
export interface Limit {
  /** As it is written and named in a trial: `seconds<=60`. */
  readonly text: string;
  /** A measure, or the name of the score. */
  readonly of: string;
  /** By how much a value misses the bound; at most 0 if it keeps it. */
  readonly missedBy: (value: number) => number;
}

/**
 * @param text such as `seconds<=60` or `accuracy>=0.95`
 * @throws UserError for anything else
 */
export function parseLimit(text: string, what: string): Limit {
  const [, of, sign, bound] = /^\s*([a-z0-9-]+)\s*(<=|>=|≤|≥)\s*(-?\d*\.?\d+(?:e[+-]?\d+)?)\s*$/i.exec(text) ?? [];
  const limit = Number(bound);
  if (of === undefined || !Number.isFinite(limit)) {
    throw new UserError(
      `Expected ${what} as a name, <= or >=, and a number, such as seconds<=60, got ${quoted(text)}. ` +
        'Put it into quotation marks, since < and > mean something else to a shell.',
    );
  }
  if (!isMeasure(of) && !metricNames.includes(of as MetricName)) {
    throw new UserError(unknownName('measure', of, [...measureNames, 'accuracy', "the competition's metric"]));
  }
  const isUpper = sign === '<=' || sign === '≤';
  return {
    text: `${of}${isUpper ? '<=' : '>='}${limit}`,
    of,
    missedBy: (value) => (isUpper ? value - limit : limit - value),
  };
}
