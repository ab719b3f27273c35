/** What a competition is to the program: a description whose formats are ready to be read. */

import type { AxisOrder } from './axes.ts';
import type { Fit } from './resample.ts';
import type { PublicFiles } from './download.ts';
import type { PartDescription } from './description.ts';
import type { ImageFormat } from './format.ts';
import type { ImageShape } from './images.ts';
import type { MetricName } from './metrics/index.ts';
import type { LabelTable } from './label-table.ts';
import type { ProbabilityForm } from './probability-form.ts';

/** How the images of a competition are written, for others that are to be read like them. */
export interface ImageForm {
  readonly fit: Fit;
  /** What grey images are drawn on; null where the description does not say. */
  readonly ground: Ground | null;
  /** Values of black and white in its tables. */
  readonly scale: readonly [black: number, white: number];
  readonly order: AxisOrder;
}

/** What an image is drawn on. */
export type Ground = 'dark' | 'light';

export interface Competition {
  /** Short name: the command line, `data/raw/<id>` and `submissions/<id>` use it. */
  readonly id: string;
  /** Where its files are unless another folder is named; absent for `data/raw/<id>`. */
  readonly directory?: string;
  /** Path of the description that it was read from; absent for what the program knows itself. */
  readonly description?: string;
  /** Images that cannot be read are left out, although the description does not say so. */
  readonly skipsBroken?: true;
  readonly title: string;
  /** Where a person downloads the files; null where the project makes them itself. */
  readonly page: string | null;
  readonly shape: ImageShape;
  /** Name of each class; the label in a file is the position in this list. */
  readonly classes: readonly string[];
  readonly metric: MetricName;
  /** What decides the folds of the training images. Default: stratified folds. */
  readonly folds?: {
    readonly isStratified: boolean;
    readonly part: { readonly is: 'group' | 'fold'; readonly at: PartDescription } | null;
  };
  /** Default: stretched, bytes, row by row. */
  readonly form?: ImageForm;
  /**
   * What lies in the data folder: the formats that its images come in, the first one preferred, and the names of its
   * tables, null for one that it does not have.
   */
  readonly files: {
    readonly train: readonly ImageFormat[];
    /** Empty where there are no test images. */
    readonly test: readonly ImageFormat[];
    readonly sampleSubmission: string | null;
    readonly solution: string | null;
  };
  /** Whether the test images come with labels too, which then are the solution. */
  readonly testIsLabelled: boolean;
  /** What submissions, sample submission and solution are. */
  readonly submission: LabelTable & {
    /** What submissions hold in place of labels; absent for labels. A solution has labels all the same. */
    readonly probabilities?: ProbabilityForm;
  };
  /**
   * Public files to download; absent if the project makes the files itself, or if Kaggle gives them to members only.
   */
  readonly download?: PublicFiles;
  /** Writes all files into an existing folder, the same bytes on every machine: the built-in competition. */
  readonly generate?: (directory: string) => Promise<void>;
}
