/** Names of runs, each of which one run has. */
import { basename, join } from 'node:path';
import { type Claim, claimFolder } from '../base/claim.ts';
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
  if (mine !== undefined) throw takenRunName(runsDir, mine);
}

const takenRunName = (runsDir: string, name: string): UserError =>
  new UserError(`${displayPath(runsDir)}: expected a name that no run has, got "${name}". Choose another.`);

/** Beside the runs: how the folder begins that stands for the name of a run which is trained at this moment. */
const CLAIMED = '.named-';

/**
 * Works while no other process gives a run one of the names, whatever folder its submissions go to.
 * @throws UserError as `expectFreeRunNames`
 */
export async function withRunNames<T>(
  runsDir: string,
  names: readonly string[],
  replaced: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const claims: Claim[] = [];
  try {
    for (const name of names) {
      const claim = await claimFolder(join(runsDir, `${CLAIMED}${name}`));
      if (claim === null) throw takenRunName(runsDir, name);
      claims.push(claim);
    }
    await expectFreeRunNames(runsDir, names, replaced);
    return await work();
  } finally {
    for (const claim of claims) await claim.release();
  }
}
