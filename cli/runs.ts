/** Finds the run that is meant, and checks that this version can use it. */
import { basename, join } from 'node:path';
import { findCompetition } from '../data/competitions/index.ts';
import { UserError } from '../data/user-error.ts';
import type { Plan } from '../models/engine/plan.ts';
import { loadPlan } from '../models/engine/plans.ts';
import { listRuns, readRecord, type RunRecord } from '../pipeline/record.ts';
import type { Progress } from './progress.ts';
import { RUNS_DIRECTORY } from './submissions.ts';

/**
 * @param run name of a run, or path of its folder; undefined takes the newest, and says so
 * @param isMeant takes the newest of those instead, if there is one
 * @returns the folder
 * @throws UserError if there are no runs
 */
export async function findRunFolder(
  run: string | undefined,
  progress: Progress,
  isMeant?: (record: RunRecord) => boolean,
): Promise<string> {
  if (run !== undefined) return /[\\/]/.test(run) ? run : join(RUNS_DIRECTORY, run);
  const folders = (await listRuns(RUNS_DIRECTORY)).toReversed();
  if (folders.length === 0) {
    throw new UserError(
      `${RUNS_DIRECTORY}: expected a run, found none. Train first (npm run submit), or name one with --run.`,
    );
  }
  const newest = (isMeant && (await firstOf(folders, isMeant))) ?? folders[0];
  progress.note(`Run: ${basename(newest)}, the newest in ${RUNS_DIRECTORY}.`);
  return newest;
}

async function firstOf(
  folders: readonly string[],
  isMeant: (record: RunRecord) => boolean,
): Promise<string | undefined> {
  for (const folder of folders) if (isMeant(await readRecord(folder))) return folder;
  return undefined;
}

/**
 * A run does not keep its plan: the model of that name must still be the one that was trained.
 * @throws UserError if it is not
 */
export async function planOf({ id, configuration, weights }: RunRecord): Promise<Plan> {
  const { shape, classes } = findCompetition(configuration.competition);
  const plan = await loadPlan(configuration.model, shape, classes.length);
  const { weightCount, statisticsCount } = plan;
  if (weights.weightCount === weightCount && weights.statisticsCount === statisticsCount) return plan;
  throw new UserError(
    `${id}: expected ${weightCount} weights and ${statisticsCount} statistics, those of ${plan.model}, ` +
      `got ${weights.weightCount} and ${weights.statisticsCount}. Use the version that trained it.`,
  );
}
