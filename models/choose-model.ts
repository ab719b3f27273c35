/** Chooses the default model for images. */
import type { ImageShape } from '../data/index.ts';
import { pixelSize } from '../base/format.ts';
import { knownName } from '../base/own-value.ts';
import { modelNames, type ModelName } from './architectures/index.ts';

/** Name that stands for the model that `chooseModel` chooses. */
export const AUTO = 'auto';
export type ModelChoice = ModelName | typeof AUTO;

/** The largest side of images for which `digit-cnn` is enough if they are grey. */
const SMALL_SIDE = 32;
/** Least number of rows and columns for `digit-cnn`, which halves an image twice. */
const LEAST_SIDE = 4;
/** Sides of colour images for `vgg-slim`, which halves an image three times. */
const [LEAST_SLIM, LARGEST_SLIM] = [8, 96];
/** Most pixels of an epoch for a larger network: twice the 50,000 × 32 × 32 of CIFAR-10. */
const PIXELS_OF_AN_EPOCH = 100_000_000;

/** Checks a name from outside. @throws UserError when it is neither `auto` nor the name of a model */
export const modelChoice = (name: string): ModelChoice => knownName('model', name, [AUTO, ...modelNames.toSorted()]);

/**
 * The default model: `mlp` for images of fewer than 4 rows or columns, `digit-cnn` for grey images of up to 32 × 32,
 * `vgg-slim` for colour images of 8 to 96 pixels a side, and `resnet-small` for all others. If these have more than 100
 * million pixels in all, it is `digit-cnn`, which takes a small part of the time.
 * @param count returns the number of training images; called only if it matters
 * @returns the model, and the reason, which completes a sentence after "because"
 */
export async function chooseModel(
  shape: ImageShape,
  count: () => Promise<number>,
): Promise<{ readonly model: ModelName; readonly reason: string }> {
  const { height, width, channels } = shape;
  const size = pixelSize(shape);
  if (Math.min(height, width) < LEAST_SIDE)
    return { model: 'mlp', reason: `images of ${size} are too small for others` };
  const colours = channels === 1 ? 'grey' : channels === 3 ? 'colour' : `${channels}-channel`;
  if (channels === 1 && Math.max(height, width) <= SMALL_SIDE) {
    return { model: 'digit-cnn', reason: `images are grey and have ${size} pixels` };
  }
  const images = `${colours} images of ${size}`;
  const pixels = (await count()) * height * width;
  if (pixels > PIXELS_OF_AN_EPOCH) {
    return { model: 'digit-cnn', reason: `these are ${images}, and too many for a larger one` };
  }
  const isSlim = channels > 1 && Math.min(height, width) >= LEAST_SLIM && Math.max(height, width) <= LARGEST_SLIM;
  return { model: isSlim ? 'vgg-slim' : 'resnet-small', reason: `these are ${images}` };
}
