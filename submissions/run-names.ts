/** Names of runs, each of which one run has. */
import { basename } from 'node:path';
import { displayPath } from '../base/paths.ts';
import { UserError } from '../base/user-error.ts';
import { methods } from '../pipeline/index.ts';
import { nameOfRun } from '../records/index.ts';
import { readRecords } from './leaderboard.ts';

/**
 * @param replaced folders of runs that will be replaced
 * @throws UserError if another run has one of the names, or it is that of a method, which means its newest run
 */
export async function expectFreeRunNames(
  runsDir: string,
  names: readonly string[],
  replaced: readonly string[] = [],
): Promise<void> {
  const method = names.find((name) => Object.hasOwn(methods, name));
  if (method !== undefined) {
    throw new UserError(`Expected a name of your own, got "${method}", which means the newest run of that method.`);
  }
  const { records } = await readRecords(runsDir);
  const gone = new Set(replaced.map((folder) => basename(folder)));
  const taken = new Set(records.flatMap((record) => (gone.has(record.id) ? [] : [record.id, nameOfRun(record)])));
  const mine = names.find((name) => taken.has(name));
  if (mine === undefined) return;
  throw new UserError(`${displayPath(runsDir)}: expected a name that no run has, got "${mine}". Choose another.`);
}
