/** The plan of the model that a run has trained. */
import { findCompetition } from '../data/index.ts';
import { UserError } from '../base/user-error.ts';
import { type Plan, loadPlan } from '../models/index.ts';
import type { RunRecord } from '../records/index.ts';

/**
 * A run does not keep its plan: the model of that name must still be the one that was trained.
 * @throws UserError if it is not
 */
export async function planOf({ id, configuration, weights }: RunRecord): Promise<Plan> {
  if (configuration.method === 'blend') {
    throw new UserError(`${id}: expected a run with networks, got a blend of others. Name one of its members.`);
  }
  const { shape, classes } = findCompetition(configuration.competition);
  const plan = await loadPlan(configuration.model, shape, classes.length);
  const sizes = ({ weightCount, statisticsCount }: Pick<Plan, 'weightCount' | 'statisticsCount'>): string =>
    `${weightCount} weights and ${statisticsCount} statistics`;
  if (sizes(weights) === sizes(plan)) return plan;
  throw new UserError(
    `${id}: expected the model ${plan.model} as it was trained, with ${sizes(weights)}, got one with ${sizes(plan)}. ` +
      'Use the version that trained it, or train again.',
  );
}
