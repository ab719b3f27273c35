/**
 * The default sampler. It chooses among others by the search space, by the number of the trial and by what the trial
 * has seen, so that a study stopped and continued, or run by more workers, is the same.
 */
import { gridSize } from './grid.ts';
import { isDiscrete } from './lattice.ts';
import type { Sampler, SamplerContext } from './sampler.ts';
import { bestTrials } from './tpe.ts';

interface AutoMembers {
  /** Sampler of the first trials, if the search space is given as data. */
  readonly early: Sampler;
  /** Sampler of the trials after them. */
  readonly late: Sampler;
  /** The two that share these trials, by what they find, if at least half of the parameters are categories. */
  readonly lateOfCategories: readonly [Sampler, Sampler];
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
/** Length of a turn of trials: each of the two samplers of categories has one of them, and the better one the others. */
const turn = 4;
/** They are judged by their own among so many trials before. */
const judgedTrials = 80;

export function autoSampler(members: AutoMembers): Sampler {
  const choose = (context: SamplerContext): Sampler => {
    const { space, number, directions } = context;
    if (space === null) return members.conditional;
    const distributions = Object.values(space);
    if (isDiscrete(space) && gridSize(space) <= finitePoints) return members.finite;
    if (distributions.length > mostParameters) return members.wide;
    if (number < earlyTrials) return members.early;
    if (directions !== undefined) return members.several;
    const categories = distributions.filter(({ kind }) => kind === 'categorical').length;
    return 2 * categories < distributions.length ? members.late : members.lateOfCategories[lateMember(context)];
  };
  return (context) => choose(context)(context);
}

/**
 * The first two trials of every four go to one sampler each, by number. The others go to the one that has more of the
 * best quarter of these; if both have as many, to one each. So nothing but the numbers says who drew a trial.
 */
function lateMember({ number, history, direction }: SamplerContext): 0 | 1 {
  const place = number % turn;
  if (place < 2) return place === 0 ? 0 : 1;
  const since = Math.max(earlyTrials, number - judgedTrials);
  const judged = history.filter((trial) => trial.number >= since && trial.number % turn < 2);
  const best = bestTrials(judged, direction, Math.ceil(judged.length / 4));
  const lead = best.reduce((sum, trial) => sum + (trial.number % turn === 0 ? 1 : -1), 0);
  if (lead === 0) return place === 2 ? 0 : 1;
  return lead > 0 ? 0 : 1;
}
