/**
 * Run records: what was trained, where, how it went and the weights, as one folder that is whole or not there.
 *
 * `record.json` says everything but the weights. `solutions.f32` holds, fold by fold and solution by solution, P weights
 * and then the statistics that were measured for them, as little-endian 32-bit floats. What the networks said of the
 * images lies beside them, see `probabilities.ts`.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../base/json.ts';
import { expectOrdinary, readOrdinary } from '../base/ordinary-file.ts';
import { isAlive, newOwner } from '../base/owner.ts';
import { ownerSchema } from '../base/owner-schema.ts';
import { displayPath } from '../base/paths.ts';
import { makeFolder } from '../base/make-folder.ts';
import { UserError } from '../base/user-error.ts';
import { metricNames, type NamedScore } from '../data/index.ts';
import { engineOfBits, kernelsOf, modelNames, type Solution } from '../models/index.ts';
import { recordedParametersSchema, runMethodNames } from '../pipeline/index.ts';
import { sha256 } from '../base/sha256.ts';
import { environment, environmentSchema } from './environment.ts';
import { endSchema, epochSchema } from './epoch.ts';
import { decodeProbabilities, encodeProbabilities, type Probabilities, probabilitiesSchema } from './probabilities.ts';

const RECORD_FILE = 'record.json';
const WEIGHTS_FILE = 'solutions.f32';
/** How the name of a run's folder begins until the run is complete. */
const WRITING = '.writing-';
const OWNER_FILE = 'owner.json';
/** Older folders without a process that is known to live are left over: writing a run takes seconds. */
const LEFTOVER_MS = 24 * 60 * 60 * 1000;
/** A run of 256 folds of 1,000 epochs has some 40 MB. */
const LARGEST_RECORD_BYTES = 64 * 2 ** 20;

const number = z.number('a number');
const count = z.int('a whole number').min(0, 'at least 0');
const text = z.string('a text');

const metricScoreSchema = z.object(
  {
    name: z.enum(metricNames, `one of ${metricNames.join(', ')}`),
    direction: z.enum(['maximize', 'minimize'], '"maximize" or "minimize"'),
    value: number,
    standardError: number,
  },
  'a score by a metric',
) satisfies z.ZodType<NamedScore>;

export const scoreSchema = z.object(
  { accuracy: number, n: count, standardError: number, metric: metricScoreSchema.optional() },
  'a score',
);

export const testScoreSchema = scoreSchema.extend({
  /** On the images of each leaderboard, where the solution tells them apart. */
  public: scoreSchema.optional(),
  private: scoreSchema.optional(),
});

const configurationSchema = z.object(
  {
    competition: text,
    model: z.enum(modelNames),
    engine: text,
    method: z.enum(runMethodNames),
    parameters: recordedParametersSchema,
    /** Where the parameters came from: `default`, a file, a study. */
    paramsFrom: text,
    epochs: count,
    folds: count,
    seed: count,
  },
  'the configuration',
);

const recordSchema = z.object(
  {
    format: z.literal(1, 'format 1'),
    /** Name of the folder. */
    id: text,
    /** What a person calls it. */
    name: text.optional(),
    configuration: configurationSchema,
    environment: environmentSchema,
    startedAt: text,
    seconds: number,
    folds: z.array(
      z.object({
        train: scoreSchema,
        validation: scoreSchema,
        seconds: number,
        solutions: count,
        epochs: z.array(epochSchema),
        /** Records from before this was kept have neither. */
        ...endSchema.partial().shape,
      }),
      'a list',
    ),
    scores: z.object({ train: scoreSchema, outOfFold: scoreSchema, test: testScoreSchema.nullable() }, 'scores'),
    submission: z.object({ file: text, sha256: text }, 'a submission'),
    weights: z.object({ weightCount: count, statisticsCount: count, sha256: text }, 'the sizes of the weights'),
    /** Records from before these were kept have none. */
    probabilities: probabilitiesSchema.optional(),
  },
  'a run record',
);

export type RunRecord = z.output<typeof recordSchema>;

/** What a run is called: by a person, or else short and unlike all others. */
export const nameOfRun = ({ id, name, configuration }: Pick<RunRecord, 'id' | 'name' | 'configuration'>): string =>
  name ?? `${configuration.method}-${id.slice(id.lastIndexOf('-') + 1)}`;

/** What a run has to say for itself; the rest of its record is found out when it is written. */
export interface Run extends Pick<RunRecord, 'configuration' | 'seconds' | 'scores' | 'submission'> {
  readonly startedAt: Date;
  /** What a person calls it. */
  readonly name?: string;
  /** As `FoldResult` of cross-validation. */
  readonly folds: readonly (Omit<RunRecord['folds'][number], 'solutions'> & { readonly solutions: Solution[] })[];
  readonly probabilities?: Probabilities;
}

/**
 * Writes a run into a new folder under `runsDir`, which is made if need be. The folder gets its name when all is in it;
 * until then its name begins with a dot.
 * @returns path of the folder
 * @throws UserError if there is no room or no permission; nothing is left behind then
 */
export async function writeRun(runsDir: string, run: Run): Promise<string> {
  const { configuration, startedAt, seconds, scores, submission } = run;
  const time = startedAt.toISOString().replace(/[-:]|\.\d+/g, '');
  const id = `${time}-${configuration.competition}-${configuration.method}-${randomUUID().slice(0, 8)}`;
  const solutions = run.folds.flatMap((fold) => fold.solutions);
  const weights = encodeSolutions(solutions);
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
    })),
    scores,
    submission,
    weights: {
      weightCount: solutions[0].weights.length,
      statisticsCount: solutions[0].statistics.length,
      sha256: sha256(weights),
    },
    ...(probabilities && { probabilities: probabilities.recorded }),
  };

  const folder = join(runsDir, id);
  let temporary: string | null = null;
  try {
    await makeFolder(runsDir);
    await removeLeftovers(runsDir);
    temporary = await mkdtemp(join(runsDir, WRITING));
    await writeFile(join(temporary, OWNER_FILE), JSON.stringify(newOwner()));
    await writeFile(join(temporary, WEIGHTS_FILE), weights, { flush: true });
    for (const { name, content } of probabilities?.files ?? []) {
      await writeFile(join(temporary, name), content, { flush: true });
    }
    await writeFile(join(temporary, RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`, { flush: true });
    await rm(join(temporary, OWNER_FILE));
    await rename(temporary, folder);
  } catch (error) {
    if (temporary !== null) await rm(temporary, { recursive: true, force: true }).catch(() => {});
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new UserError(
      `${displayPath(runsDir)}: the run cannot be recorded (${error.message}). ` +
        'Make room or mend its permissions, or name another folder.',
      { cause: error },
    );
  }
  return folder;
}

/** Takes away what processes that were killed while they wrote a run have left. */
async function removeLeftovers(runsDir: string): Promise<void> {
  const names = await readdir(runsDir);
  for (const folder of names.filter((name) => name.startsWith(WRITING)).map((name) => join(runsDir, name))) {
    const found = await stat(folder).catch(() => null);
    if (found === null || !found.isDirectory()) continue;
    const isYoung = Date.now() - found.mtimeMs < LEFTOVER_MS;
    // Without an owner, as a folder is for a moment at the beginning and at the end, its age tells.
    const owner = await readJson(join(folder, OWNER_FILE), ownerSchema).catch(() => null);
    const isInUse = owner === null ? isYoung : isAlive(owner, isYoung);
    if (!isInUse) await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/**
 * Folders of all runs, the oldest first: their names begin with the time. None if there is no such folder.
 * @throws UserError if it cannot be read
 */
export async function listRuns(runsDir: string): Promise<string[]> {
  const names = await readdir(runsDir).catch((cause: NodeJS.ErrnoException): string[] => {
    if (cause.code === 'ENOENT') return [];
    const name = displayPath(runsDir);
    throw new UserError(`${name}: expected a folder with runs, found one that cannot be read (${cause.message}).`, {
      cause,
    });
  });
  const runs = names.filter((name) => /^\d{8}T\d{6}Z-/.test(name)).toSorted();
  return runs.map((name) => join(runsDir, name));
}

/**
 * The record of a run, without its weights.
 * @throws UserError if the record is missing, damaged or larger than any run's
 */
export async function readRecord(folder: string): Promise<RunRecord> {
  return readJson(join(folder, RECORD_FILE), recordSchema, {
    what: 'a file of a run record',
    remedy: "Name a run's folder, take the run from a backup, or train again.",
    maximumBytes: LARGEST_RECORD_BYTES,
  });
}

/** Whether the weights of a run are there, in their size. */
export async function keepsWeights(folder: string, record: RunRecord): Promise<boolean> {
  const found = await stat(join(folder, WEIGHTS_FILE)).catch(() => null);
  return found !== null && found.isFile() && found.size === weightBytes(record);
}

function weightBytes({ weights, folds }: RunRecord): number {
  const total = folds.reduce((sum, fold) => sum + fold.solutions, 0);
  return total * (weights.weightCount + weights.statisticsCount) * Float32Array.BYTES_PER_ELEMENT;
}

/**
 * Reads a run back.
 * @returns its record, and the solutions of each fold
 * @throws UserError if a file is missing, has not the size that the record says, or was changed
 */
export async function readRun(folder: string): Promise<{ record: RunRecord; solutions: Solution[][] }> {
  const record = await readRecord(folder);
  const { weightCount, statisticsCount } = record.weights;
  const bytes = weightBytes(record);
  const damaged = (expected: string, got: string): UserError =>
    new UserError(
      `${displayPath(join(folder, WEIGHTS_FILE))}: expected ${expected} as ${RECORD_FILE} says, got ${got}. ` +
        'Take the run from a backup, or train again.',
    );
  const file = join(folder, WEIGHTS_FILE);
  const size = await ordinarySize(file);
  if (size !== bytes) throw damaged(`${bytes} bytes`, String(size));
  const weights = await readOrdinary(file, bytes);
  if (sha256(weights) !== record.weights.sha256) throw damaged('the checksum', 'another one');

  let offsetBytes = 0;
  const next = (length: number): Float32Array => {
    const vector = Float32Array.from({ length }, (_, i) => weights.readFloatLE(offsetBytes + 4 * i));
    offsetBytes += 4 * length;
    return vector;
  };
  const solutions = record.folds.map((fold) =>
    Array.from({ length: fold.solutions }, () => ({ weights: next(weightCount), statistics: next(statisticsCount) })),
  );
  return { record, solutions };
}

/**
 * What the networks of a run said of the test images, and out of fold of the training images.
 * @returns null if the run is from before these were kept
 * @throws UserError if the record or a file is missing, damaged or changed
 */
export async function readProbabilities(folder: string): Promise<Probabilities | null> {
  const { probabilities } = await readRecord(folder);
  return probabilities === undefined ? null : decodeProbabilities(folder, probabilities);
}

function encodeSolutions(solutions: readonly Solution[]): Buffer {
  const values = solutions.flatMap(({ weights, statistics }) => [weights, statistics]);
  const encoded = Buffer.alloc(4 * values.reduce((sum, vector) => sum + vector.length, 0));
  let offsetBytes = 0;
  for (const vector of values) {
    for (const value of vector) offsetBytes = encoded.writeFloatLE(value, offsetBytes);
  }
  return encoded;
}

/** @throws UserError if it is missing or no ordinary file */
async function ordinarySize(path: string): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new UserError(
      `${displayPath(path)}: expected a file of a run record, found none that can be read. Name a run's folder.`,
      { cause },
    );
  });
  expectOrdinary(path, found);
  return found.size;
}
