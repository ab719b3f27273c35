/** Splits the images of an experiment into training, validation and test images of a seed. */
import type { LabelledImages } from '../data/index.ts';
import { random } from '../numerics/random.ts';
import { UserError } from '../base/user-error.ts';
import type { Experiment, Scale } from './experiment.ts';
import type { Rows } from './train-arm.ts';

export interface Source {
  /** The competition's training images. */
  readonly train: LabelledImages;
  /** Its labelled test images, if the experiment uses them. */
  readonly test: LabelledImages | null;
}

export interface Split {
  readonly train: Rows;
  readonly validation: Rows;
  readonly test: Rows;
}

/**
 * Draws the images of a seed, which are the same for all arms.
 * @throws UserError when there are too few images
 */
export function splitFor(
  { test }: Pick<Experiment, 'test'>,
  scale: Pick<Scale, 'train' | 'validation'>,
  source: Source,
  seed: number,
): Split {
  const { count } = source.train;
  const heldOut = test === 'file' ? 0 : test;
  const needed = scale.train + scale.validation + heldOut;
  if (needed > count) {
    const name = source.train.source ?? 'The training images';
    throw new UserError(`${name}: expected at least ${needed} images, got ${count}. Use the competition's own file.`);
  }
  const order = random(seed, 'experiment', 'split').permutation(count);
  let from = 0;
  const next = (rows: number): Rows => ({ images: source.train, rows: order.slice(from, (from += rows)) });
  // Test images are drawn first, so that they are the same for every scale.
  const drawn = next(heldOut);
  return {
    test: source.test ? { images: source.test, rows: Uint32Array.from(source.test.labels.keys()) } : drawn,
    validation: next(scale.validation),
    train: next(scale.train),
  };
}
