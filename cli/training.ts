/** What search and submit need before they can train: data, a plan, an engine that works, and threads. */
import type { Piscina } from 'piscina';
import { type Competition, type LoadedOnce, loadOnce, preparedDirectory } from '../data/index.ts';
import { createNetwork, type Plan, loadPlan } from '../models/index.ts';
import { createPool } from '../pipeline/index.ts';
import type { Session } from './command.ts';
import { announceGeneration, chooseCompetition } from './competition.ts';
import type { SharedValues } from './options.ts';

export interface Training {
  readonly competition: Competition;
  /** Of the competition. */
  readonly images: LoadedOnce;
  readonly plan: Plan;
  readonly pool: Piscina;
}

/**
 * Prepares, does the work, and ends the threads whatever happened.
 * @throws UserError if the data, the model or the engine cannot be used; whatever `work` throws
 */
export async function withTraining<T>(
  options: Pick<SharedValues, 'competition' | 'dataDir' | 'model' | 'engine' | 'workers'>,
  { progress, signal }: Session,
  work: (training: Training) => Promise<T>,
): Promise<T> {
  const { dataDir, model, engine, workers } = options;
  const competition = await chooseCompetition(options, progress);
  await announceGeneration(competition, dataDir, progress);
  await preparedDirectory(competition, dataDir);
  const plan = await loadPlan(model, competition.shape, competition.classes.length);
  // An engine that is missing shall say so here; an error that comes out of a thread has lost its type.
  await createNetwork(plan, engine);
  signal.throwIfAborted();

  const pool = createPool(workers);
  try {
    return await work({ competition, images: loadOnce(competition, { dataDir }), plan, pool });
  } finally {
    progress.clear();
    await pool.destroy();
  }
}
