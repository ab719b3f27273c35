/** The plan of the model that a run has trained. */
import { isDeepStrictEqual } from 'node:util';
import { findCompetition } from '../data/index.ts';
import { quoted, shownJson as shown } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { loadPlan, normalizationOf, type Plan, withNormalization } from '../models/index.ts';
import type { RecordedRun } from '../records/index.ts';

/**
 * The plan that the run keeps. The model of that name must still be the one that was trained: exports are made of it, and
 * other runs are compared with it.
 * @throws UserError if it is not
 */
export async function planOf({ record, plan: kept }: Pick<RecordedRun, 'record' | 'plan'>): Promise<Plan> {
  const { id, configuration, weights } = record;
  if (configuration.method === 'blend') {
    throw new UserError(`${id}: expected a run with networks, got a blend of others. Name one of its members.`);
  }
  const { shape, classes } = findCompetition(configuration.competition);
  const current = await loadPlan(configuration.model, shape, classes.length);
  const refuse = (what: string): UserError =>
    new UserError(
      `${id}: expected the model ${current.model} as it was trained, ${what}. ` +
        'Use the version that trained it, or train again.',
    );
  // Early versions normalised no pixels and did not keep the plan.
  const plan = kept ?? withNormalization(current, undefined);
  const difference = kept && differenceOf(kept, withNormalization(current, normalizationOf(kept)));
  if (difference) throw refuse(difference);
  const sizes = ({ weightCount, statisticsCount }: Pick<Plan, 'weightCount' | 'statisticsCount'>): string =>
    `${weightCount} weights and ${statisticsCount} statistics`;
  if (sizes(weights) !== sizes(plan)) throw refuse(`with ${sizes(weights)}, got one with ${sizes(plan)}`);
  return plan;
}

/** The first layer or weight that differs, in words. How weights start does not matter any more. */
function differenceOf(trained: Plan, current: Plan): string | null {
  const parts = ({ nodes, weights }: Plan): object[] =>
    // As JSON has it, without keys of no value.
    JSON.parse(JSON.stringify([...nodes, ...weights.map(({ initializer: _initializer, ...weight }) => weight)]));
  const [before, now] = [parts(trained), parts(current)];
  const length = Math.max(before.length, now.length);
  for (let i = 0; i < length; i += 1) {
    if (isDeepStrictEqual(before[i], now[i])) continue;
    const { layer, name } = (before[i] ?? now[i]) as { layer?: string; name?: string };
    const text = (part: object | undefined): string => (part === undefined ? 'nothing there' : shown(part));
    return `with ${text(before[i])} at ${quoted(layer ?? name ?? '')}, got ${text(now[i])}`;
  }
  return null;
}
