/** The names of the runs of a submit within a budget. */
import { checkedName } from '../../base/checked-name.ts';
import { UserError } from '../../base/user-error.ts';
import { type BudgetState, expectFreeName, expectFreeRunNames, type Recipe } from '../../submissions/index.ts';
import { RUNS_DIRECTORY } from '../submissions.ts';
import type { Settings } from './settings.ts';
import { budgetText } from './text.ts';

export const memberName = (prefix: string, member: string): string => `${prefix}-${member}`;

/** Name of the blend of the first members. */
export const blendName = (prefix: string, members: number): string => `${prefix}-blend-${members}`;

/** Nobody has so many submits of a name. */
const MOST_NAMES = 1000;

/** @throws UserError if a name that a person gave is taken */
export async function freshState(
  { name, outDir }: Settings,
  { members }: Recipe,
  budget: number | undefined,
): Promise<BudgetState> {
  const expectFree = async (prefix: string): Promise<string> => {
    const blends = members.slice(1).map((_, i) => blendName(prefix, i + 2));
    const names = [...members.map((member) => memberName(prefix, member.name)), ...blends];
    for (const one of names) await expectFreeName(outDir, checkedName(one));
    await expectFreeRunNames(RUNS_DIRECTORY, names);
    return prefix;
  };
  return {
    usedMs: 0,
    prefix:
      name === undefined
        ? await firstFree(budget === undefined ? 'plan' : budgetText(budget), expectFree)
        : await expectFree(name),
    trainFolds: null,
    trained: [],
    given: [],
    current: null,
    blends: [],
  };
}

/** The prefix, or else it with a number. */
async function firstFree(usual: string, expectFree: (prefix: string) => Promise<string>): Promise<string> {
  for (let number = 1; ; number += 1) {
    try {
      return await expectFree(number === 1 ? usual : `${usual}-${number}`);
    } catch (error) {
      if (!(error instanceof UserError) || number === MOST_NAMES) throw error;
    }
  }
}
