/** Contract of a sampler: how the values of a trial follow from the trials before it. */
import type { Direction } from '../direction.ts';
import type { Draw, SearchSpace } from '../distributions.ts';
import type { Random } from '../random.ts';
import type { FrozenTrial } from '../trial.ts';

/** All that a suggestion may depend on. */
export interface SamplerContext {
  /** Number of the trial that is being drawn. */
  readonly number: number;
  readonly direction: Direction;
  /** Finished trials with smaller numbers, in order of their numbers. */
  readonly history: readonly FrozenTrial[];
  /**
   * Trials with smaller numbers whose outcome must not matter yet, in order of their numbers, with their parameters:
   * "constant liars", to be taken for bad ones so that trials in flight spread out. Empty without a search space as data.
   */
  readonly pending: readonly FrozenTrial[];
  /** The search space, if the study has one as data. */
  readonly space: SearchSpace | null;
  /** The trial's own random stream of that name. */
  readonly random: (name: string) => Random;
  /** The study's random stream of that name, which begins anew for every trial. */
  readonly studyRandom: (name: string) => Random;
}

/** Looks at the history once a trial; what it returns draws the values one by one, alone or as part of a whole. */
export type Sampler = (context: SamplerContext) => Draw;
