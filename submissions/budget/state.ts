/**
 * What a submit within a budget has done so far, kept on the disk, so that after an interruption the same command goes
 * on with what is left of the budget. It lies beside the finished folds of interrupted trainings, and is gone when the
 * submit is complete.
 */
import { rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isInUse, OWNER_FILE, renewClaim } from '../../base/claim.ts';
import { readJsonIfThere } from '../../base/json.ts';
import { makeFolder } from '../../base/make-folder.ts';
import { withTurn } from '../../base/output-files.ts';
import { newOwner } from '../../base/owner.ts';
import { displayPath } from '../../base/paths.ts';
import { replaceFile } from '../../base/replace-file.ts';
import { codeOf } from '../../base/system-error.ts';
import { UserError } from '../../base/user-error.ts';
import { INTERRUPTED } from '../kept-folds.ts';

const STATE_FILE = 'state.json';
/** How often the time that is used is written down. */
const INTERVAL_MS = 2000;

const madeSchema = z.object({
  /** Folder of the run. */
  run: z.string(),
  /** Wall time with all that belongs to it. */
  seconds: z.number(),
});

const stateSchema = z.object({
  usedMs: z.number(),
  /** Speeds of the members that can be trained, with so many threads at work; absent before they are measured. */
  speeds: z
    .object({
      workers: z.int(),
      of: z.record(z.string(), z.object({ train: z.number(), measure: z.number(), predict: z.number() })),
    })
    .optional(),
  /** What the names of the runs begin with. */
  prefix: z.string(),
  trainFolds: z.int().nullable(),
  trained: z.array(madeSchema.extend({ name: z.string(), epochs: z.int() })),
  /** Members that are not tried again. */
  given: z.array(z.string()),
  /** The one in training. */
  current: z.object({ name: z.string(), epochs: z.int() }).nullable(),
  /** Each with the number of its members, and whether it is better than they are, in a sentence. */
  blends: z.array(madeSchema.extend({ members: z.int(), sentence: z.string().nullable() })),
});

export type BudgetState = z.output<typeof stateSchema>;

export interface KeptBudget {
  /** What an interrupted process has done; null if there is none. */
  readonly earlier: BudgetState | null;
  /** Keeps the state, now and as time passes. @param state is asked each time */
  keep(state: () => BudgetState): Promise<void>;
  /** @param isComplete whether nobody will go on with it */
  end(isComplete: boolean): Promise<void>;
}

const folderOf = (runsDir: string, key: string): string => join(runsDir, INTERRUPTED, `budget-${key}`);

/** What an interrupted process has done, as `keepBudget` finds it; null if there is none. @throws UserError if it is damaged */
export const readBudget = (runsDir: string, key: string): Promise<BudgetState | null> =>
  readJsonIfThere(join(folderOf(runsDir, key), STATE_FILE), stateSchema);

/**
 * @param key of all that decides what the budget is for
 * @throws UserError if what is kept is damaged, or a process works on the same at this moment
 */
export async function keepBudget(
  runsDir: string,
  key: string,
  { restart = false, note }: { readonly restart?: boolean; readonly note: (sentence: string) => void },
): Promise<KeptBudget> {
  const parent = join(runsDir, INTERRUPTED);
  const folder = folderOf(runsDir, key);
  const file = join(folder, STATE_FILE);
  let isBroken = false;
  const giveUp = (error: unknown): void => {
    isBroken = true;
    const why = codeOf(error) || String(error);
    note(`${displayPath(folder)}: cannot be written (${why}). A budget that is interrupted begins anew.`);
  };
  await claim(parent, folder).catch((error: unknown) => {
    if (error instanceof UserError) throw error;
    giveUp(error);
  });
  const endRenewal = renewClaim(folder);
  const earlier = restart
    ? null
    : await readJsonIfThere(file, stateSchema).catch(async (error: unknown) => {
        endRenewal();
        await rm(join(folder, OWNER_FILE), { force: true });
        if (!(error instanceof UserError)) throw error;
        throw new UserError(
          `${error.message} What was trained is in ${displayPath(runsDir)}. --restart begins anew, with another --name if you gave one.`,
        );
      });
  let ask: (() => BudgetState) | undefined;
  let writing: Promise<void> = Promise.resolve();
  const write = (): Promise<void> => {
    writing = writing.then(async () => {
      if (isBroken || !ask) return;
      try {
        await replaceFile(file, JSON.stringify(ask()));
      } catch (error) {
        giveUp(error);
      }
    });
    return writing;
  };
  const timer = setInterval(() => void write(), INTERVAL_MS).unref();
  return {
    earlier,
    keep(state) {
      ask = state;
      return write();
    },
    async end(isComplete) {
      clearInterval(timer);
      endRenewal();
      await write();
      const isNew = earlier === null && !ask;
      const gone = isComplete || isNew ? folder : join(folder, OWNER_FILE);
      await rm(gone, { recursive: true, force: true }).catch(() => {});
      // Where others are at work it is not empty.
      await rmdir(parent).catch(() => {});
    },
  };
}

/** @throws UserError if another process has it; the error of the file system */
async function claim(parent: string, folder: string): Promise<void> {
  await makeFolder(parent);
  await withTurn(parent, async () => {
    if (await isInUse(folder))
      throw new UserError(
        'Expected no other process with the same command, got one that runs now. Wait until it ends, or give another --name.',
      );
    await makeFolder(folder);
    await writeFile(join(folder, OWNER_FILE), JSON.stringify(newOwner()));
  });
}
