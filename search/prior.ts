/** Another study as a prior: what a study keeps of it to learn from. */
import type { Direction } from './direction.ts';
import type { Params } from './distributions.ts';

/** A copy of the best and the newest trials, so that a replay needs the other study no more. */
export interface Prior {
  /** Name of the other study. */
  readonly study: string;
  readonly direction: Direction;
  /** That of the other study; absent in copies of earlier versions. */
  readonly seed?: number;
  /** COMPLETE ones, in the order of their numbers. */
  readonly trials: readonly PriorTrial[];
}

export interface PriorTrial {
  readonly params: Params;
  readonly value: number;
}
