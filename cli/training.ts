/** What search and submit need before they can train: data, a plan, an engine that works, and threads. */
import type { Piscina } from 'piscina';
import {
  type Competition,
  type ImageShape,
  type LoadedOnce,
  loadOnce,
  preparedDirectory,
  remember,
} from '../data/index.ts';
import { createNetwork, type ModelName, type Plan, loadPlan } from '../models/index.ts';
import { createPool } from '../pipeline/index.ts';
import type { Session } from './command.ts';
import { announceGeneration, chooseCompetition } from './competition.ts';
import type { Progress } from './progress.ts';
import type { SharedValues } from './options.ts';

const DEFAULT_MODEL = 'digit-cnn';

export interface Training {
  readonly competition: Competition;
  /** Images of the competition; each file is read once. */
  readonly images: LoadedOnce;
  readonly plan: Plan;
  readonly pool: Piscina;
}

/**
 * Prepares data, model and threads, does the work, and always ends the threads.
 * @throws UserError if the data, the model or the engine cannot be used; and the errors of `work`
 */
export async function withTraining<T>(
  options: Pick<SharedValues, 'competition' | 'dataDir' | 'model' | 'engine' | 'workers'> & {
    readonly skipBroken?: boolean;
  },
  session: Session,
  work: (training: Training) => Promise<T>,
): Promise<T> {
  const { dataDir, model, engine, workers } = options;
  const { progress, signal } = session;
  const competition = await chooseCompetition(options, session, 'ask');
  await announceGeneration(competition, dataDir, progress);
  await preparedDirectory(competition, dataDir);
  await remember(competition);
  // The threads start while the plan and the images are loaded.
  const pool = createPool(workers);
  try {
    const plan = await loadPlan(
      usableModel(model, competition.shape, progress),
      competition.shape,
      competition.classes.length,
    );
    // An engine that is missing shall say so here; an error that comes out of a thread has lost its type.
    await createNetwork(plan, engine);
    signal.throwIfAborted();
    return await work({ competition, images: loadOnce(competition, { dataDir }), plan, pool });
  } finally {
    progress.clear();
    await pool.destroy();
  }
}

/** The usual network halves images twice, which leaves nothing of those of fewer than four rows or columns. */
function usableModel(model: ModelName, { height, width }: ImageShape, progress: Progress): ModelName {
  if (model !== DEFAULT_MODEL || Math.min(height, width) >= 4) return model;
  progress.note(`Model: mlp, because images of ${height} × ${width} are too small for ${model}.`);
  return 'mlp';
}
