/** What the networks of a run say of the images that they never trained on. */
import type { Competition } from '../data/competition.ts';
import type { LabelledImages } from '../data/images.ts';
import type { RunRecord } from '../pipeline/record.ts';

export interface OutOfFold {
  readonly record: RunRecord;
  readonly competition: Competition;
  /** All training images of the competition, with the true labels. */
  readonly images: LabelledImages;
  /** f32[images × classes]: the prediction of the fold that validated each image. */
  readonly probabilities: Float32Array;
}

/**
 * Predicts again, since a run record holds the weights alone: about a second for 42,000 images.
 * @param folder of the run
 * @param dataDir folder of the competition's files. Default: that of the competition
 * @throws UserError if the record or the images are missing, or the images are not those of the run
 */
export async function outOfFold(_folder: string, _options: { dataDir?: string } = {}): Promise<OutOfFold> {
  throw new Error('not yet');
}
