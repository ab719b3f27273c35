/** Names of runs, each of which one run has. */
import { displayPath } from '../base/paths.ts';
import { UserError } from '../base/user-error.ts';
import { methods } from '../pipeline/index.ts';
import { nameOfRun } from '../records/index.ts';
import { readRecords } from './leaderboard.ts';

/** @throws UserError if a run has one of the names, or it is that of a method, which means its newest run */
export async function expectFreeRunNames(runsDir: string, names: readonly string[]): Promise<void> {
  const method = names.find((name) => Object.hasOwn(methods, name));
  if (method !== undefined) {
    throw new UserError(`Expected a name of your own, got "${method}", which means the newest run of that method.`);
  }
  const { records } = await readRecords(runsDir);
  const taken = new Set(records.flatMap((record) => [record.id, nameOfRun(record)]));
  const mine = names.find((name) => taken.has(name));
  if (mine === undefined) return;
  throw new UserError(`${displayPath(runsDir)}: expected a name that no run has, got "${mine}". Choose another.`);
}
