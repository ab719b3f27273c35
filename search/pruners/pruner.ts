/** Contract of a pruner: whether a running trial is worth going on with. */
import type { Random } from '../random.ts';
import type { Direction } from '../direction.ts';
import type { FrozenTrial } from '../frozen-trial.ts';

/** All that the decision may depend on. */
interface PrunerContext {
  readonly direction: Direction;
  /** The running trial with all that it has reported; `intermediateValues` are by step, in no other order. */
  readonly trial: FrozenTrial;
  /** The step reported last. */
  readonly step: number;
  /** The finished trials that the trial saw when it began, in order of their numbers, with their reports. */
  readonly history: readonly FrozenTrial[];
  /** The trial's own random stream of that name. */
  readonly random: (name: string) => Random;
}

/**
 * Asked after each report but the last one, which ends the trial anyway; true ends it as PRUNED. A report of NaN is worse
 * than any other.
 */
export type Pruner = (context: PrunerContext) => boolean;

/**
 * How a trial numbers its steps: folds f = 0, 1, … one after the other, step f · stepsPerFold + e after epoch e.
 * The last report of a fold is its score, the trial's value about their mean.
 */
export interface TrialShape {
  readonly folds: number;
  readonly stepsPerFold: number;
}
