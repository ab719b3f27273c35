/**
 * The sampler for those who name none: chosen by the search space and by the number of the trial, so that a study
 * stopped and continued, or run by more workers, is the same.
 */
import { gridSize } from './grid.ts';
import type { Sampler, SamplerContext } from './sampler.ts';

export interface AutoMembers {
  /** While few trials are to be had for each parameter, of a space given as data. */
  readonly early: Sampler;
  /** From then on. */
  readonly late: Sampler;
  /** Where there are many parameters. */
  readonly wide: Sampler;
  /** For parameters that the objective names on the way: some trials may not have them. */
  readonly conditional: Sampler;
  /** For spaces of so few points that all can be tried. */
  readonly finite: Sampler;
}

/** Trials of `early`. */
const earlyTrials = 100;
/** Parameters up to which `early` and `late` are used. */
const mostParameters = 20;
/** Points up to which a space is tried whole: fewer than what the others need to learn from. */
const finitePoints = 20;

export function autoSampler({ early, late, wide, conditional, finite }: AutoMembers): Sampler {
  const choose = ({ space, number }: SamplerContext): Sampler => {
    if (space === null) return conditional;
    const isFinite = Object.values(space).every(
      (distribution) => distribution.kind !== 'float' || 'step' in distribution,
    );
    if (isFinite && gridSize(space) <= finitePoints) return finite;
    if (Object.keys(space).length > mostParameters) return wide;
    return number < earlyTrials ? early : late;
  };
  return (context) => choose(context)(context);
}
