/**
 * Which network the trials of a study were trained with. A model that is edited keeps its name, and so do its studies, but
 * scores of two networks do not compare.
 */
import { counted } from '../base/format.ts';
import { quoted } from '../base/printable.ts';
import { normalizationOf, type Plan } from '../models/index.ts';
import type { FrozenTrial, StudyDefinition } from '../search/index.ts';
import { digestOf } from './task.ts';

/** User attribute of a trial: digest of the plan of its network. Trials of earlier versions have none. */
export const networkAttribute = 'network';

export const networkDigest = (plan: Plan): string => digestOf(plan);

/** Whether a trial was trained with this network as far as its record says: earlier versions normalised no pixels. */
export function isTrainedWith(plan: Plan, { userAttributes }: Pick<FrozenTrial, 'userAttributes'>): boolean {
  const digest = userAttributes[networkAttribute];
  return digest === undefined ? normalizationOf(plan) === undefined : digest === networkDigest(plan);
}

/** A sentence about the trials of a study that goes on with another network than theirs; undefined if there are none. */
export function otherNetworkInWords(
  { name }: StudyDefinition,
  trials: readonly FrozenTrial[],
  { model, plan }: { readonly model: string; readonly plan: Plan },
): string | undefined {
  const trained = trials.filter(({ state, seen }) => ['COMPLETE', 'PRUNED'].includes(state) && seen?.added !== true);
  const others = trained.filter((trial) => !isTrainedWith(plan, trial));
  if (others.length === 0) return undefined;
  const isKnown = others.some(({ userAttributes }) => networkAttribute in userAttributes);
  const reason = isKnown
    ? `when ${model} was another network`
    : `by an earlier version, perhaps without the normalisation of pixels that ${model} has now`;
  return (
    `Study ${quoted(name)} has ${counted(others.length, 'trial')} of ${trained.length} trained ${reason}: their scores ` +
    'do not compare with those to come. Give --name for a study of its own.'
  );
}
