/** Writes the record of a run atomically. */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeFloats } from '../base/floats.ts';
import { displayPath } from '../base/paths.ts';
import { makeFolder } from '../base/make-folder.ts';
import { temporaryBeside } from '../base/temporary-file.ts';
import { UserError } from '../base/user-error.ts';
import { engineOfBits, kernelsOf, type Plan, type Solution } from '../models/index.ts';
import { sha256 } from '../base/sha256.ts';
import { environment } from './environment.ts';
import { encodeProbabilities, type Probabilities } from './probabilities.ts';
import { PLAN_FILE, RECIPE_FILE, RECORD_FILE, type RunRecord, WEIGHTS_FILE } from './run.ts';

/** The caller's part of a run record. The rest is added when it is written. */
export interface Run extends Pick<RunRecord, 'configuration' | 'seconds' | 'scores' | 'submission'> {
  readonly startedAt: Date;
  /** Name that the user gives. */
  readonly name?: string;
  /** Folds, as `FoldResult` of cross-validation. */
  readonly folds: readonly (Omit<RunRecord['folds'][number], 'solutions'> & { readonly solutions: Solution[] })[];
  readonly probabilities?: Probabilities;
  /** Default: none, as a blend has no network. */
  readonly plan?: Plan;
  /** That trains the run again, as `submit --recipe` takes it. */
  readonly recipe?: object;
}

/**
 * Writes a run into a new folder in `runsDir`, which is created if it is missing. Until the run is complete, the name
 * of its folder begins with a dot.
 * @returns path of the folder
 * @throws UserError if there is no space or no permission; nothing is left behind then
 */
export async function writeRun(runsDir: string, run: Run): Promise<string> {
  const { configuration, startedAt, seconds, scores, submission } = run;
  const time = startedAt.toISOString().replace(/[-:]/g, '');
  const id = `${time}-${configuration.competition}-${configuration.method}-${randomUUID().slice(0, 8)}`;
  const solutions = run.folds.flatMap((fold) => fold.solutions);
  const weights = encodeFloats(solutions.flatMap((solution) => [solution.weights, solution.statistics]));
  const plan = run.plan && JSON.stringify(run.plan);
  const probabilities = run.probabilities && encodeProbabilities(run.probabilities);
  const record: RunRecord = {
    format: 1,
    id,
    ...(run.name !== undefined && { name: run.name }),
    configuration: { ...configuration, engine: engineOfBits(configuration.engine) },
    environment: { ...(await environment()), kernels: await kernelsOf(configuration.engine) },
    startedAt: startedAt.toISOString(),
    seconds,
    folds: run.folds.map((fold) => ({
      train: fold.train,
      validation: fold.validation,
      seconds: fold.seconds,
      solutions: fold.solutions.length,
      epochs: fold.epochs,
      ended: fold.ended,
      restoredEpoch: fold.restoredEpoch,
      ...(fold.pseudoLabels !== undefined && { pseudoLabels: fold.pseudoLabels }),
    })),
    scores,
    submission,
    weights: {
      // A blend has no weights.
      weightCount: solutions[0]?.weights.length ?? 0,
      statisticsCount: solutions[0]?.statistics.length ?? 0,
      sha256: sha256(weights),
    },
    ...(plan && { plan: { sha256: sha256(plan) } }),
    ...(probabilities && { probabilities: probabilities.recorded }),
  };

  const folder = join(runsDir, id);
  let temporary: string | null = null;
  try {
    await makeFolder(runsDir);
    temporary = await temporaryBeside(folder);
    await mkdir(temporary);
    await writeFile(join(temporary, WEIGHTS_FILE), weights, { flush: true });
    if (plan) await writeFile(join(temporary, PLAN_FILE), plan, { flush: true });
    for (const { name, content } of probabilities?.files ?? []) {
      await writeFile(join(temporary, name), content, { flush: true });
    }
    if (run.recipe) await writeFile(join(temporary, RECIPE_FILE), `${JSON.stringify(run.recipe, null, 2)}\n`);
    await writeFile(join(temporary, RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`, { flush: true });
    await rename(temporary, folder);
  } catch (error) {
    if (temporary !== null) await rm(temporary, { recursive: true, force: true }).catch(() => {});
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new UserError(
      `${displayPath(runsDir)}: the run cannot be recorded (${error.message}). ` +
        'Free disk space or fix its permissions, or name another folder.',
      { cause: error },
    );
  }
  return folder;
}
