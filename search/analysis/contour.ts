/** A study seen over two parameters: the trials, and the surface that a random forest draws through them. */
import type { Distribution, ParameterValue } from '../distributions.ts';
import { fromRange, rangeOf } from '../samplers/range.ts';
import type { StudySnapshot } from '../read-study.ts';
import { growForest, marginal } from './forest.ts';
import type { Axis } from './forest.ts';
import { drawTrials, type Sample } from './sample.ts';
import { completeWith } from './slice.ts';

export interface ContourAxis {
  readonly parameter: string;
  readonly distribution: Distribution;
  /** The values at which the surface is given: the middles of its cells, or all choices. */
  readonly ticks: readonly ParameterValue[];
}

export interface Contour {
  readonly x: ContourAxis;
  readonly y: ContourAxis;
  /** Trials in order of their numbers. In a long study they are the sample that the surface was learnt from. */
  readonly points: readonly {
    readonly number: number;
    readonly x: ParameterValue;
    readonly y: ParameterValue;
    readonly value: number;
  }[];
  /** Complete trials that have both parameters: where there are more than points, a sample of them was drawn. */
  readonly of: number;
  /** Expected value: one row for each tick of y, one number for each tick of x. */
  readonly surface: readonly (readonly number[])[];
}

/** If there are more trials, a sample of so many is used. */
const mostTrials = 1_000;

/** The surface is the average over all other parameters. @throws StudyError if no complete trial has both parameters */
export function contour(study: StudySnapshot, xName: string, yName: string): Contour {
  const { trials, of } = contourTrials(study, xName, yName);
  const newest = trials[trials.length - 1].distributions;
  const names = [xName, yName];
  const rows = trials.map(({ params }) => names.map((name) => params[name]));
  const distributions = names.map((name) => newest[name]);
  const { axes, trees } = growForest(
    distributions,
    rows,
    trials.map(({ value }) => value!),
    study.definition.seed,
  );
  const [x, y] = names.map((parameter, d) => ({
    parameter,
    distribution: distributions[d],
    ticks: ticksOf(distributions[d], axes[d]),
  }));
  const byTree = trees.map((tree) => marginal(axes, tree, [1, 0]));
  const mean = (cell: number): number => byTree.reduce((sum, values) => sum + values[cell], 0) / trees.length;
  return {
    x,
    y,
    points: trials.map(({ number, params, value }) => ({ number, x: params[xName], y: params[yName], value: value! })),
    of,
    surface: y.ticks.map((_row, i) => x.ticks.map((_column, j) => mean(i * x.ticks.length + j))),
  };
}

/** The trials that `contour` uses. @throws StudyError if no complete trial has both parameters */
export function contourTrials(study: StudySnapshot, xName: string, yName: string): Sample {
  return drawTrials(completeWith(study, [xName, yName]), mostTrials, study.definition.seed);
}

function ticksOf(distribution: Distribution, { widths }: Axis): ParameterValue[] {
  if (distribution.kind === 'categorical') return [...distribution.choices];
  const { low, high } = rangeOf(distribution);
  let before = 0;
  return Array.from(widths, (width) => {
    const middle = before + width / 2;
    before += width;
    return fromRange(distribution, low + middle * (high - low));
  });
}
