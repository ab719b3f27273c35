/** What search and submit need before they can train: data, a plan, an engine that works, and threads. */
import type { Piscina } from 'piscina';
import { type Competition, type LoadedOnce, loadOnce, preparedDirectory, remember } from '../data/index.ts';
import {
  AUTO,
  chooseModel,
  createNetwork,
  findModel,
  type ModelChoice,
  type ModelName,
  type Plan,
  planFor,
} from '../models/index.ts';
import type { Session } from './command.ts';
import { announceGeneration, chooseCompetition } from './competition.ts';
import type { Progress } from './progress.ts';
import { watchReading } from './reading.ts';
import type { SharedValues } from './options.ts';

/** What all trainings of a command share. */
export interface Ground {
  readonly competition: Competition;
  /** Images of the competition; each file is read once. */
  readonly images: LoadedOnce;
  readonly pool: Piscina;
}

export interface Training extends Ground {
  /** That trains, where `auto` was asked for too. */
  readonly model: ModelName;
  readonly plan: Plan;
}

/**
 * Prepares data and threads, does the work, and always ends the threads.
 * @throws UserError if the data cannot be used; and the errors of `work`
 */
export async function withGround<T>(
  options: Pick<SharedValues, 'competition' | 'dataDir' | 'workers'> & { readonly skipBroken?: boolean },
  session: Session,
  work: (ground: Ground) => Promise<T>,
): Promise<T> {
  const { dataDir, workers } = options;
  const { progress, signal } = session;
  const competition = await chooseCompetition(options, session, 'ask');
  await announceGeneration(competition, dataDir, progress);
  await preparedDirectory(competition, dataDir);
  await remember(competition);
  // The threads start while the plan and the images are loaded.
  return session
    .withPool(workers, async (pool) => {
      signal.throwIfAborted();
      return work({ competition, images: loadOnce(competition, { dataDir, ...watchReading(session) }), pool });
    })
    .finally(() => progress.clear());
}

/** @throws UserError if the model or the engine cannot be used */
export async function trainingOf(ground: Ground, model: ModelName, engine: string): Promise<Training> {
  const plan = await planFor(model, ground.competition, ground.images.train);
  // An engine that is missing shall say so here; an error that comes out of a thread has lost its type.
  await createNetwork(plan, engine);
  return { ...ground, model, plan };
}

/**
 * Prepares data, model and threads, does the work, and always ends the threads.
 * @throws UserError if the data, the model or the engine cannot be used; and the errors of `work`
 */
export async function withTraining<T>(
  options: Parameters<typeof withGround>[0] & Pick<SharedValues, 'model' | 'engine'>,
  session: Session,
  work: (training: Training) => Promise<T>,
): Promise<T> {
  return withGround(options, session, async (ground) => {
    const { competition, images } = ground;
    const count = async (): Promise<number> => (await images.train()).count;
    const model = await resolveModel(options.model, competition, count, session.progress);
    const training = await trainingOf(ground, model, options.engine);
    session.signal.throwIfAborted();
    return work(training);
  });
}

/** How long to train: as a person says, else as the model has it, else as the command has it. */
export const epochsOf = (given: number | undefined, { model }: Training, usual: number): number =>
  given ?? findModel(model).defaults?.epochs ?? usual;

/** The model that `auto` stands for, which is said. @param count of training images */
async function resolveModel(
  choice: ModelChoice,
  { shape }: Competition,
  count: () => Promise<number>,
  progress: Progress,
): Promise<ModelName> {
  if (choice !== AUTO) return choice;
  const { model, reason } = await chooseModel(shape, count);
  progress.note(`Model: ${model}, because ${reason}. --model takes another.`);
  return model;
}
