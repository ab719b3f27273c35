/** Contract of a sampler: how the values of a trial follow from the trials before it. */
import type { Directed } from '../direction.ts';
import type { Draw, Params, SearchSpace } from '../distributions.ts';
import type { Prior } from '../prior.ts';
import type { Random } from '../random.ts';
import type { FrozenTrial } from '../frozen-trial.ts';

/** All that a suggestion may depend on. */
export interface SamplerContext extends Directed {
  /** Number of the trial that is being drawn. */
  readonly number: number;
  /** The finished trials that the trial saw when it began, in order of their numbers. */
  readonly history: readonly FrozenTrial[];
  /**
   * Trials that ran then, in order of their numbers, with the parameters that they had been given by then: "constant
   * liars", to be taken for bad ones so that trials in flight spread out. They have all parameters if there is a space.
   */
  readonly pending: readonly FrozenTrial[];
  /** Trials of another study that may be like this one. Most samplers make nothing of it. */
  readonly prior?: Prior;
  /** The search space, if the study has one as data. */
  readonly space: SearchSpace | null;
  /** Values that were enqueued with the trial: it has these, whatever is drawn. Default: none */
  readonly given?: Params;
  /** Whether a point may be suggested, where repeating some would be a waste; the space is given then. Default: all may. */
  readonly isOpen?: (params: Params) => boolean;
  /** The trial's own random stream of that name. */
  readonly random: (name: string) => Random;
  /** The study's random stream of that name, which begins anew for every trial. */
  readonly studyRandom: (name: string) => Random;
}

/** Looks at the history once a trial; what it returns draws the values one by one, alone or as part of a whole. */
export type Sampler = (context: SamplerContext) => Draw;
