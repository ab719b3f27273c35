/** The filter of trials in the address: by state and by ranges of values. */
import { worthShowing, axisValue } from '../../charts/index.ts';
import type { Direction, TrialState } from '../../search/index.ts';
import type { PageTrial } from './page-trial.ts';
import { states } from './studies.ts';
import type { Query } from './view.ts';

/** A range of an axis of the parallel coordinates. Choices are at 0, 1, 2 … */
export interface Range {
  /** Name of a parameter, or `VALUE` for the objective value. */
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

/** Name of the axis of objective values. No parameter may have it. */
export const VALUE = 'objective value';

export interface TrialFilter {
  readonly states: readonly TrialState[];
  /** Ranges of the same name are alternatives. */
  readonly ranges: readonly Range[];
}

export function filterFrom(query: Query): TrialFilter {
  const named = (query.get('state') ?? '').split(',');
  const chosen = states.filter((state) => named.includes(state));
  return { states: chosen.length === 0 ? states : chosen, ranges: query.all('where').flatMap(parseRange) };
}

export function keepStates(query: Query, chosen: readonly TrialState[]): void {
  query.set('state', chosen.length === states.length ? null : chosen.join(','));
}

export function keepRanges(query: Query, ranges: readonly Range[]): void {
  // Ends are rounded outwards, so that a value at the end of an axis stays in a range up to there.
  const digits = (value: number, round: (value: number) => number): number => {
    const unit = 10 ** (Math.floor(Math.log10(Math.abs(value) || 1)) - 5);
    return Number((round(value / unit) * unit).toPrecision(7));
  };
  query.set(
    'where',
    ranges.map(({ name, low, high }) => `${name}~${digits(low, Math.floor)}~${digits(high, Math.ceil)}`),
  );
}

/** Filters trials. Values far worse than the others count as at the end of the axis, where the chart draws them. */
export function passing(filter: TrialFilter, trials: readonly PageTrial[], direction: Direction): PageTrial[] {
  const values = trials.flatMap(({ value }) => (value === null ? [] : [value]));
  const [lowest, highest] = worthShowing(values, direction);
  const placeOnAxis = (trial: PageTrial, name: string): number =>
    name === VALUE ? Math.min(Math.max(trial.value ?? NaN, lowest), highest) : placeOf(trial, name);
  return trials.filter((trial) => {
    if (!filter.states.includes(trial.state)) return false;
    return filter.ranges.every(({ name }) => {
      const place = placeOnAxis(trial, name);
      return filter.ranges.some((range) => range.name === name && place >= range.low && place <= range.high);
    });
  });
}

function placeOf({ params, distributions }: PageTrial, name: string): number {
  return Object.hasOwn(params, name) && Object.hasOwn(distributions, name)
    ? axisValue(distributions[name], params[name])
    : NaN;
}

function parseRange(text: string): Range[] {
  const [, name, low, high] = /^(.+)~([^~]+)~([^~]+)$/.exec(text) ?? [];
  const [first, second] = [Number(low), Number(high)];
  return name !== undefined && Number.isFinite(first) && Number.isFinite(second)
    ? [{ name, low: first, high: second }]
    : [];
}
