/** The result of a submit, which `comparison.json` beside the submissions holds. */
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../base/json.ts';
import { readOrdinary } from '../base/ordinary-file.ts';
import { displayPath } from '../base/paths.ts';
import { UserError } from '../base/user-error.ts';
import { recordedParametersSchema, ttaSchema } from '../pipeline/index.ts';
import { endSchema } from './epoch.ts';
import { count, number, text } from './fields.ts';
import { averagesSchema, pseudoLabelsSchema, scoreSchema, testScoreSchema } from './run.ts';
import { validate } from '../base/validate.ts';
import { sha256 as digestOf } from '../base/sha256.ts';
import { commandLine } from '../base/command-line.ts';

const LARGEST_FILE_BYTES = 16 * 2 ** 20;
/** Room for a line for each of the most images of a competition, with probabilities of 40 classes. */
export const LARGEST_SUBMISSION_BYTES = 2 ** 28;

export const COMPARISON_JSON = 'comparison.json';
export const COMPARISON_MARKDOWN = 'comparison.md';

const tableSchema = z.object({ file: text, sha256: text });

const methodResultSchema = z.object(
  {
    params: recordedParametersSchema,
    /** Source of the parameters: `default`, a file, or a study. */
    paramsFrom: text,
    /** Test-time augmentation; absent if there was none. */
    tta: ttaSchema.optional(),
    pseudoLabels: pseudoLabelsSchema.optional(),
    folds: z.array(
      z.object({
        train: scoreSchema,
        validation: scoreSchema,
        trainedEpochs: count.optional(),
        /** Number of test images with pseudo-labels in the second training. */
        pseudoLabels: count.optional(),
        ...endSchema.partial().shape,
      }),
      'a list',
    ),
    train: scoreSchema,
    outOfFold: scoreSchema,
    averages: averagesSchema.optional(),
    /** Null if the answers are not known. */
    test: testScoreSchema.nullable(),
    /** Path of the CSV. */
    submission: text,
    /** SHA-256 of the bytes of the CSV. */
    sha256: text,
    /** Wall time from the start of the first fold to the prediction of the last. */
    seconds: number,
    /** Path of the run record. */
    run: text,
    /** Folds, counted from 1, that were kept from an interrupted submit; absent if there were none. */
    takenFolds: z.array(count).optional(),
    /** Tables of probabilities, if they were asked for; `test` is null without test images. */
    probabilities: z.object({ test: tableSchema.nullable(), outOfFold: tableSchema }).optional(),
  },
  'the result of a method',
);

const differenceSchema = z.object(
  { n: count, difference: number, standardError: number, z: number, verdict: text },
  'a paired difference',
);

const comparisonSchema = z.object(
  {
    pairs: z.array(
      z.object({
        first: text,
        second: text,
        test: differenceSchema.nullable(),
        outOfFold: differenceSchema,
        sentence: text,
      }),
      'a list',
    ),
    sentence: text,
  },
  'a comparison',
);

const resultSchema = z.object(
  {
    competition: text,
    /** Name of the submit and of its folder; absent in files of earlier versions. */
    name: text.optional(),
    /** ISO 8601. */
    startedAt: text.optional(),
    seed: count,
    engine: text,
    model: text,
    epochs: count,
    folds: count,
    /** Number of trained folds, as in a run record. */
    trainFolds: count.optional(),
    /** Results by id of the method. */
    methods: z.record(z.string(), methodResultSchema, 'an object'),
    /** Null if there was only one method. */
    comparison: comparisonSchema.nullable(),
    files: z.object({ json: text, markdown: text }, 'two paths'),
  },
  'a comparison',
);

export type MethodResult = z.output<typeof methodResultSchema>;
export type SubmitResult = z.output<typeof resultSchema>;

/** The files that a method has written: its submission, and tables of probabilities if there are any. */
export function writtenFiles({ submission, sha256, probabilities }: MethodResult): { file: string; sha256: string }[] {
  const own = { file: submission, sha256 };
  if (!probabilities) return [own];
  const { test, outOfFold } = probabilities;
  return test ? [own, test, outOfFold] : [own, outOfFold];
}

/** The text of `comparison.json`. */
export const resultJson = (result: SubmitResult): string => `${JSON.stringify(result, null, 2)}\n`;

/** The beginning of every `comparison.json` of a competition. */
export const resultJsonBeginning = (competition: string): string =>
  `{\n  "competition": ${JSON.stringify(competition)},\n`;

/**
 * Reads the comparison of a submit.
 * @param folder folder of the submissions
 * @throws UserError if the file is missing or damaged
 */
export async function readComparison(folder: string): Promise<SubmitResult> {
  const file = join(folder, COMPARISON_JSON);
  const name = displayPath(file);
  const refused = (found: string, cause: unknown): UserError =>
    new UserError(`${name}: expected the comparison of a submit, found ${found}. Run \`${commandLine('submit')}\`.`, {
      cause,
    });
  const bytes = await readOrdinary(file, LARGEST_FILE_BYTES).catch((error: unknown) => {
    throw error instanceof UserError ? error : refused('none that can be read', error);
  });
  let json: unknown;
  try {
    json = parseJson(bytes, name);
  } catch (error) {
    throw refused('something that is not JSON', error);
  }
  return validate(resultSchema, json, name);
}

/** The files that have changed since they were compared, or are missing. */
export async function changedSubmissions({ methods }: SubmitResult): Promise<string[]> {
  const changed: string[] = [];
  for (const { file, sha256 } of Object.values(methods).flatMap(writtenFiles)) {
    const digest = await readOrdinary(file, LARGEST_SUBMISSION_BYTES).then(digestOf, () => null);
    if (digest !== sha256) changed.push(file);
  }
  return changed;
}
