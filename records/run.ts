/**
 * Run records: configuration, environment, learning curves and weights of a training, in one folder that is written
 * atomically.
 *
 * `record.json` holds everything but the plan and the weights. `plan.json` holds the plan. `solutions.f32` holds for each fold and each of its solutions P
 * weights and the statistics that were measured for them, as little-endian f32. The probabilities of the networks lie
 * beside them, see `probabilities.ts`.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { decodeFloats } from '../base/floats.ts';
import { foldsShort } from '../base/format.ts';
import { readJson } from '../base/json.ts';
import { expectOrdinary, readOrdinary } from '../base/ordinary-file.ts';
import { displayPath } from '../base/paths.ts';
import { UserError } from '../base/user-error.ts';
import { metricNames, type NamedScore } from '../data/index.ts';
import { modelNames, type Plan, type Solution } from '../models/index.ts';
import { averageNames, recordedParametersSchema, ttaSchema, runMethodNames } from '../pipeline/index.ts';
import { sha256 } from '../base/sha256.ts';
import { environmentSchema } from './environment.ts';
import { endSchema, epochSchema } from './epoch.ts';
import { count, number, text } from './fields.ts';
import { decodeProbabilities, type Probabilities, probabilitiesSchema } from './probabilities.ts';

export const RECORD_FILE = 'record.json';
export const WEIGHTS_FILE = 'solutions.f32';
export const PLAN_FILE = 'plan.json';
/** The recipe of a run that was trained within a budget. */
export const RECIPE_FILE = 'recipe.json';
/** A run of 256 folds of 1,000 epochs has some 40 MB. */
export const LARGEST_RECORD_BYTES = 64 * 2 ** 20;
/** A thousand layers have some 0.5 MB. */
const LARGEST_PLAN_BYTES = 16 * 2 ** 20;

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

/** Out of fold, by averages of the same trainings, without test-time augmentation; absent unless they were asked for. */
export const averagesSchema = z.record(z.enum(averageNames), scoreSchema, 'scores of averages');

export const testScoreSchema = scoreSchema.extend({
  /** Scores on the images of each leaderboard, if the solution distinguishes them. */
  public: scoreSchema.optional(),
  private: scoreSchema.optional(),
});

/** `confidence` is the least probability of a pseudo-label. Absent if there was no second training. */
export const pseudoLabelsSchema = z.object({ confidence: number }, 'pseudo-labels');

const configurationSchema = z.object(
  {
    competition: text,
    model: z.enum(modelNames),
    engine: text,
    method: z.enum(runMethodNames),
    parameters: recordedParametersSchema,
    /** Source of the parameters: `default`, a file, or a study. */
    paramsFrom: text,
    /** Name of the study that has the parameters; absent if none has, and in records of earlier versions. */
    study: text.optional(),
    epochs: count,
    folds: count,
    /** Number of trained folds, the first ones; absent if all were trained. */
    trainFolds: count.optional(),
    seed: count,
    /** Test-time augmentation; absent if there was none. */
    tta: ttaSchema.optional(),
    pseudoLabels: pseudoLabelsSchema.optional(),
    /** That images which cannot be read were left out; absent unless the option was given. */
    skipBroken: z.literal(true, 'true').optional(),
  },
  'the configuration',
);

const recordSchema = z.object(
  {
    format: z.literal(1, 'format 1'),
    /** Name of the folder. */
    id: text,
    /** Name that the user gave. */
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
        /** Number of test images with pseudo-labels in the second training. */
        pseudoLabels: count.optional(),
        /** Absent in records of early versions. */
        ...endSchema.partial().shape,
      }),
      'a list',
    ),
    scores: z.object(
      {
        train: scoreSchema,
        outOfFold: scoreSchema,
        averages: averagesSchema.optional(),
        test: testScoreSchema.nullable(),
      },
      'scores',
    ),
    submission: z.object({ file: text, sha256: text }, 'a submission'),
    weights: z.object({ weightCount: count, statisticsCount: count, sha256: text }, 'the sizes of the weights'),
    /** Absent in records of early versions, and of blends, which have no network. */
    plan: z.object({ sha256: text }, 'the checksum of the plan').optional(),
    /** Absent in records of early versions. */
    probabilities: probabilitiesSchema.optional(),
  },
  'a run record',
);

export type RunRecord = z.output<typeof recordSchema>;

/** A run with all that its networks need. */
export interface RecordedRun {
  readonly record: RunRecord;
  /** As it was trained; null for a run of an early version, which did not store it, and for a blend. */
  readonly plan: Plan | null;
  /** Those of each fold. */
  readonly solutions: Solution[][];
}

/** The trained folds in words: 5 folds, 1 of 10 folds. */
export const foldsText = (trained: Parameters<typeof foldsShort>[0]): string => `${foldsShort(trained)} folds`;

/** The name of a run: the one that a user gave, or else a short unique one. */
export const nameOfRun = ({ id, name, configuration }: Pick<RunRecord, 'id' | 'name' | 'configuration'>): string =>
  name ?? `${configuration.method}-${id.slice(id.lastIndexOf('-') + 1)}`;

/**
 * Paths of the folders of all runs, oldest first, since their names begin with the time. Empty if `runsDir` is missing.
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
  const runs = names.filter((name) => /^\d{8}T\d{6}(\.\d{3})?Z-/.test(name)).toSorted();
  return runs.map((name) => join(runsDir, name));
}

/**
 * Reads the record of a run, without its weights.
 * @throws UserError if the record is missing, damaged or too large
 */
export async function readRecord(folder: string): Promise<RunRecord> {
  return readJson(join(folder, RECORD_FILE), recordSchema, {
    what: 'a file of a run record',
    remedy: "Name a run's folder, take the run from a backup, or train again.",
    maximumBytes: LARGEST_RECORD_BYTES,
  });
}

/** Whether the file of weights exists with the right size. A blend has none. */
export async function keepsWeights(folder: string, record: RunRecord): Promise<boolean> {
  const found = await stat(join(folder, WEIGHTS_FILE)).catch(() => null);
  return found !== null && found.isFile() && found.size > 0 && found.size === weightBytes(record);
}

function weightBytes({ weights, folds }: RunRecord): number {
  const total = folds.reduce((sum, fold) => sum + fold.solutions, 0);
  return total * (weights.weightCount + weights.statisticsCount) * Float32Array.BYTES_PER_ELEMENT;
}

/**
 * Reads a run.
 * @throws UserError if a file is missing or has changed
 */
export async function readRun(folder: string): Promise<RecordedRun> {
  const record = await readRecord(folder);
  const { weightCount, statisticsCount } = record.weights;
  const bytes = weightBytes(record);
  const damaged = (name: string, expected: string, got: string): UserError =>
    new UserError(
      `${displayPath(join(folder, name))}: expected ${expected} as ${RECORD_FILE} says, got ${got}. ` +
        'Take the run from a backup, or train again.',
    );
  const checked = async (name: string, mostBytes: number, digest: string): Promise<Buffer> => {
    const content = await readOrdinary(join(folder, name), mostBytes);
    if (sha256(content) !== digest) throw damaged(name, 'the checksum', 'another one');
    return content;
  };
  const sizeOf = async (name: string, expected: string): Promise<number> => {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found === null) throw damaged(name, expected, 'no file that can be read');
    expectOrdinary(path, found);
    return found.size;
  };
  const size = await sizeOf(WEIGHTS_FILE, `${bytes} bytes`);
  if (size !== bytes) throw damaged(WEIGHTS_FILE, `${bytes} bytes`, String(size));
  const weights = await checked(WEIGHTS_FILE, bytes, record.weights.sha256);
  let plan: Plan | null = null;
  if (record.plan) {
    await sizeOf(PLAN_FILE, 'a plan');
    // The checksum has shown that these are our own bytes.
    plan = JSON.parse((await checked(PLAN_FILE, LARGEST_PLAN_BYTES, record.plan.sha256)).toString());
  }

  let offsetBytes = 0;
  const next = (length: number): Float32Array => {
    const vector = decodeFloats(weights, offsetBytes, length);
    offsetBytes += 4 * length;
    return vector;
  };
  const solutions = record.folds.map((fold) =>
    Array.from({ length: fold.solutions }, () => ({ weights: next(weightCount), statistics: next(statisticsCount) })),
  );
  return { record, plan, solutions };
}

/**
 * Reads the probabilities of a run for the test images, and out of fold for the training images.
 * @returns null for a run of an early version, which did not store them
 * @throws UserError if the record or a file is missing, damaged or changed
 */
export async function readProbabilities(folder: string): Promise<Probabilities | null> {
  const { probabilities } = await readRecord(folder);
  return probabilities === undefined ? null : decodeProbabilities(folder, probabilities);
}
