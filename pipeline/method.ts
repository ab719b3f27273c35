/** The contract of a method: a named composition of schedule, optimizer and collector, with its own search space. */
import type { Collector } from './collector.ts';
import type { Clock, Parameters } from './experiment.ts';
import type { Schedule } from './schedule.ts';

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
