/**
 * The contract of a method: a named composition of a schedule and a collector, with defaults and a search space of its
 * own. The gradient and the optimizer it descends with are in its parameters, so that each method can have each.
 */
import type { Collector } from './collector.ts';
import type { Plan } from '../models/index.ts';
import type { Clock, Schedule } from './schedule.ts';
import type { Parameters } from './parameters.ts';

/** What a method may know of a training before it begins. */
export interface Beginning extends Clock {
  readonly seed: number;
  /** With the layout of the weights. */
  readonly plan: Plan;
}

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
  /**
   * Which parameters `compose` looks at, besides `learningRate`. Those that a schedule or an optimizer looks at are in
   * their own registries.
   */
  readonly uses: readonly (keyof Parameters)[];
  /** Whether what predicts is chosen by the validation images, so that their score is a little too good. */
  readonly choosesByValidation?: boolean;
  compose(parameters: Parameters, beginning: Beginning): { schedule: Schedule; collector: Collector };
}
