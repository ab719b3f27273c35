/** What a competition is: plain data that says which files it consists of and what their rows mean. */

import type { PublicFiles } from './download.ts';
import type { ImageShape } from './images.ts';
import { imageSize } from './images.ts';

export interface Competition {
  /** Short name: the command line, `data/raw/<id>` and `submissions/<id>` use it. */
  readonly id: string;
  readonly title: string;
  /** Where a person downloads the files; null where the project makes them itself. */
  readonly page: string | null;
  readonly shape: ImageShape;
  /** Name of each class; the label in a file is the position in this list. */
  readonly classes: readonly string[];
  /** File names in the data folder, as the competition names them; null for a file that it does not have. */
  readonly files: {
    readonly train: string;
    readonly test: string;
    readonly sampleSubmission: string | null;
    readonly solution: string | null;
  };
  /** Header of the pixel files: the label column, then one column for each byte of an image. */
  readonly columns: { readonly label: string; readonly pixels: readonly string[] };
  /** Whether the test file carries the label column too; its labels then are the solution. */
  readonly testIsLabelled: boolean;
  /** Header of a submission, and the id of the first row of the test file; the ids of the next rows follow it. */
  readonly submission: { readonly id: string; readonly label: string; readonly firstId: number };
  /** Files that anybody may download; absent where they are the project's own, or Kaggle gives them to members alone. */
  readonly download?: PublicFiles;
  /** Writes all files into an existing folder, the same bytes on every machine: the built-in competition. */
  readonly generate?: (directory: string) => Promise<void>;
}

/** `pixel0, pixel1, …`: one name for each byte of an image, counted from `first`. */
export const pixelColumns = (shape: ImageShape, first: number): readonly string[] =>
  Array.from({ length: imageSize(shape) }, (_, index) => `pixel${first + index}`);

/** Rows that are read from one file at most; a longer file is a mistake or an attack, and must not fill the memory. */
export const maximumRows = 300_000;
