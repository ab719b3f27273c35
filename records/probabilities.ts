/**
 * The probabilities of a run, as NumPy arrays beside its record: those of its ensemble for the test images, and for
 * each training image those of the fold that was not trained on it. `np.load` reads them as float32[images × classes].
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readOrdinary } from '../base/ordinary-file.ts';
import { displayPath } from '../base/paths.ts';
import { sha256 } from '../base/sha256.ts';
import { UserError } from '../base/user-error.ts';
import { npyOf, readNpy } from '../data/index.ts';
import { count, text } from './fields.ts';

const TEST_FILE = 'test-probabilities.npy';
const OUT_OF_FOLD_FILE = 'out-of-fold-probabilities.npy';

const partSchema = z.object({
  images: count,
  /** Digest that identifies the images: of the ids of test images, or of the labels of training images. */
  of: text,
  /** SHA-256 of the file. */
  sha256: text,
});

/** The entry of a record about the files. Records of early versions have none. */
export const probabilitiesSchema = z.object({
  classes: count,
  /** Null without test images. */
  test: partSchema.nullable(),
  outOfFold: partSchema,
});

export type RecordedProbabilities = z.output<typeof probabilitiesSchema>;

export interface PartOfProbabilities {
  /** f32[images × classes] */
  readonly probabilities: Float32Array;
  /** Digest that identifies the images, as in the record. */
  readonly of: string;
}

export interface Probabilities {
  readonly classes: number;
  /** Null without test images. */
  readonly test: PartOfProbabilities | null;
  readonly outOfFold: PartOfProbabilities;
}

/** Encodes the files of a run, and the entry of its record about them. */
export function encodeProbabilities({ classes, test, outOfFold }: Probabilities): {
  readonly recorded: RecordedProbabilities;
  readonly files: readonly { readonly name: string; readonly content: Buffer }[];
} {
  const encode = (name: string, { probabilities, of }: PartOfProbabilities) => {
    const images = probabilities.length / classes;
    const content = npyOf([images, classes], probabilities);
    return { file: { name, content }, recorded: { images, of, sha256: sha256(content) } };
  };
  const [ofTest, ofFolds] = [test && encode(TEST_FILE, test), encode(OUT_OF_FOLD_FILE, outOfFold)];
  return {
    recorded: { classes, test: ofTest && ofTest.recorded, outOfFold: ofFolds.recorded },
    files: [...(ofTest ? [ofTest.file] : []), ofFolds.file],
  };
}

/** @throws UserError if a file is missing or has changed */
export async function decodeProbabilities(
  folder: string,
  { classes, test, outOfFold }: RecordedProbabilities,
): Promise<Probabilities> {
  const decode = async (name: string, part: z.output<typeof partSchema>): Promise<PartOfProbabilities> => ({
    probabilities: await readPart(join(folder, name), classes, part),
    of: part.of,
  });
  return {
    classes,
    test: test && (await decode(TEST_FILE, test)),
    outOfFold: await decode(OUT_OF_FOLD_FILE, outOfFold),
  };
}

async function readPart(
  path: string,
  classes: number,
  { images, sha256: digest }: z.output<typeof partSchema>,
): Promise<Float32Array> {
  const name = displayPath(path);
  const fail = (found: string, cause?: unknown): never => {
    throw new UserError(
      `${name}: expected the probabilities of ${images} images as the record of the run says, got ${found}. ` +
        'Take the run from a backup, or train again.',
      { cause },
    );
  };
  const found = await stat(path).catch((cause: unknown) => fail('no file that can be read', cause));
  const values = images * classes;
  // Bounds the memory by what the record says. The header of NumPy is far shorter than the margin.
  const most = values * Float32Array.BYTES_PER_ELEMENT + 2 ** 16;
  if (found.size > most) fail(`${found.size} bytes`);
  const content = await readOrdinary(path, most);
  if (sha256(content) !== digest) fail('others: the file was changed');
  const array = readNpy(name, content);
  if (array.type !== 'f4' || array.shape.join() !== `${images},${classes}`) {
    fail(`an array of the shape (${array.shape.join(', ')})`);
  }
  return Float32Array.from(array.values);
}
