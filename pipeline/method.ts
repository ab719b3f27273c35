/**
 * The contract of a method: a named composition of a schedule and a collector, with defaults and a search space of its
 * own. The gradient and the optimizer it descends with are in its parameters, so that each method can have each.
 */
import type { Collector } from './collector.ts';
import type { Clock, Schedule } from './schedule.ts';
import type { Parameters } from './parameters.ts';

/** A dimension of a search space, as plain data that `search` understands. */
export type Dimension =
  | { readonly kind: 'float'; readonly low: number; readonly high: number; readonly log?: boolean }
  | { readonly kind: 'int'; readonly low: number; readonly high: number }
  | { readonly kind: 'categorical'; readonly choices: readonly number[] };

/** What a search varies, by names of `Parameters`; the others keep the method's defaults. */
export type Space = Readonly<Record<string, Dimension>>;

export interface Method {
  readonly title: string;
  /** Used when nothing was searched; `search` starts from them for what it does not vary. */
  readonly defaults: Parameters;
  readonly space: Space;
  compose(parameters: Parameters, clock: Clock): { schedule: Schedule; collector: Collector };
}
