/**
 * Run records: what was trained, where, how it went and the weights, as one folder that is whole or not there.
 *
 * `record.json` says everything but the weights. `solutions.f32` holds, fold by fold and solution by solution, P weights
 * and then the statistics that were measured for them, as little-endian 32-bit floats. What the networks said of the
 * images lies beside them, see `probabilities.ts`.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { foldsShort } from '../base/format.ts';
import { readJson } from '../base/json.ts';
import { expectOrdinary, readOrdinary } from '../base/ordinary-file.ts';
import { displayPath } from '../base/paths.ts';
import { UserError } from '../base/user-error.ts';
import { metricNames, type NamedScore } from '../data/index.ts';
import { modelNames, type Solution } from '../models/index.ts';
import { recordedParametersSchema, ttaSchema, runMethodNames } from '../pipeline/index.ts';
import { sha256 } from '../base/sha256.ts';
import { environmentSchema } from './environment.ts';
import { endSchema, epochSchema } from './epoch.ts';
import { decodeProbabilities, type Probabilities, probabilitiesSchema } from './probabilities.ts';

export const RECORD_FILE = 'record.json';
export const WEIGHTS_FILE = 'solutions.f32';
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

/** How sure the first network of a fold is of the test images from which the second learns; absent for one training. */
export const pseudoLabelsSchema = z.object({ confidence: number }, 'pseudo-labels');

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
    /** The first of the folds, which alone were trained; absent where all were. */
    trainFolds: count.optional(),
    seed: count,
    /** Absent where the images themselves are predicted alone. */
    tta: ttaSchema.optional(),
    pseudoLabels: pseudoLabelsSchema.optional(),
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
        /** Test images that the second training has learned from. */
        pseudoLabels: count.optional(),
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

/** How an image came to be validated, in words: 5 folds, 1 of 10 folds. */
export const foldsText = (trained: Parameters<typeof foldsShort>[0]): string => `${foldsShort(trained)} folds`;

/** What a run is called: by a person, or else short and unlike all others. */
export const nameOfRun = ({ id, name, configuration }: Pick<RunRecord, 'id' | 'name' | 'configuration'>): string =>
  name ?? `${configuration.method}-${id.slice(id.lastIndexOf('-') + 1)}`;

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

/** Whether the weights of a run are there, in their size; a blend has none. */
export async function keepsWeights(folder: string, record: RunRecord): Promise<boolean> {
  const found = await stat(join(folder, WEIGHTS_FILE)).catch(() => null);
  return found !== null && found.isFile() && found.size > 0 && found.size === weightBytes(record);
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
