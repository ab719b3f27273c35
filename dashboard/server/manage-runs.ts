/** Renames and deletes runs by the rules of the command `runs`. */
import { join } from 'node:path';
import { z } from 'zod';
import { checkedName } from '../../base/checked-name.ts';
import { deleteRuns, nameOfRun, readRecord, renameRun, sizeOfRun } from '../../records/index.ts';
import { expectFreeRunNames, neededRuns, readLeaderboard } from '../../submissions/index.ts';
import type { DeletedAnswer, DeleteOrder, KeptRun, RenameOrder } from '../api.ts';

const id = z.string('the id of a run').min(1, 'the id of a run').max(1_000, 'at most 1,000 characters');

export const renameSchema = z.strictObject({ id, name: z.string('a text').max(1_000, 'at most 1,000 characters') });

export const deleteSchema = z.strictObject({
  ids: z.array(id, 'a list of runs').min(1, 'at least one run').max(1_000, 'at most 1,000 runs'),
  evenNeeded: z.boolean('true or false'),
});

/** @param ids ids of existing runs @throws UserError if records cannot be read */
export async function keptRuns(runsDir: string, ids: readonly string[]): Promise<KeptRun[]> {
  const { rows } = await readLeaderboard(runsDir);
  const needed = neededRuns(rows);
  const runs: KeptRun[] = [];
  for (const one of new Set(ids)) {
    const folder = join(runsDir, one);
    runs.push({
      id: one,
      name: nameOfRun(await readRecord(folder)),
      bytes: await sizeOfRun(folder),
      needed: needed.get(one) ?? null,
    });
  }
  return runs;
}

/** @throws UserError if the name is invalid or taken */
export async function rename(runsDir: string, { id: run, name: wanted }: RenameOrder): Promise<RenameOrder> {
  const name = checkedName(wanted.trim());
  const folder = join(runsDir, run);
  if (name !== nameOfRun(await readRecord(folder))) {
    await expectFreeRunNames(runsDir, [name]);
    await renameRun(folder, name);
  }
  return { id: run, name };
}

/** Deletes runs. Whether a run is needed is decided again at this moment. @throws UserError */
export async function deleteKept(runsDir: string, { ids, evenNeeded }: DeleteOrder): Promise<DeletedAnswer> {
  const meant = await keptRuns(runsDir, ids);
  const isKept = ({ needed }: KeptRun): boolean => needed !== null && !evenNeeded;
  const deleted = meant.filter((run) => !isKept(run));
  await deleteRuns(
    runsDir,
    deleted.map((run) => run.id),
  );
  return { deleted, kept: meant.filter(isKept) };
}
