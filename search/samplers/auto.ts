/**
 * The default sampler. It chooses among others by the search space and by the number of the trial, so that a study
 * stopped and continued, or run by more workers, is the same.
 */
import { gridSize } from './grid.ts';
import type { Sampler, SamplerContext } from './sampler.ts';

export interface AutoMembers {
  /** Sampler of the first trials, if the search space is given as data. */
  readonly early: Sampler;
  /** Sampler of the trials after them. */
  readonly late: Sampler;
  /** Sampler if there are many parameters. */
  readonly wide: Sampler;
  /** Sampler if the objective names the parameters while it runs: some trials may not have all of them. */
  readonly conditional: Sampler;
  /** Sampler for spaces with so few points that all can be tried. */
  readonly finite: Sampler;
  /** Sampler of the trials after the first ones if there are several objectives. */
  readonly several: Sampler;
}

/** Number of trials that use `early`. */
const earlyTrials = 100;
/** Most parameters for which `early` and `late` are used. */
const mostParameters = 20;
/** Most points of a space that is tried completely: fewer than the other samplers need to learn from. */
const finitePoints = 20;

export function autoSampler({ early, late, wide, conditional, finite, several }: AutoMembers): Sampler {
  const choose = ({ space, number, directions }: SamplerContext): Sampler => {
    if (space === null) return conditional;
    const isFinite = Object.values(space).every(
      (distribution) => distribution.kind !== 'float' || 'step' in distribution,
    );
    if (isFinite && gridSize(space) <= finitePoints) return finite;
    if (Object.keys(space).length > mostParameters) return wide;
    if (number < earlyTrials) return early;
    return directions === undefined ? late : several;
  };
  return (context) => choose(context)(context);
}
