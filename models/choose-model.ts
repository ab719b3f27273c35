/** The network for images nobody has named one for. */
import type { ImageShape } from '../data/index.ts';
import { knownName } from '../base/own-value.ts';
import { modelNames, type ModelName } from './architectures/index.ts';

/** Stands for the network that `chooseModel` takes. */
export const AUTO = 'auto';
export type ModelChoice = ModelName | typeof AUTO;

/** The largest side of images for which `digit-cnn` is enough if they are grey. */
const SMALL_SIDE = 32;
/** `digit-cnn` halves an image twice, which leaves nothing of fewer rows or columns. */
const LEAST_SIDE = 4;
/** Up to so many pixels an epoch of `resnet-small` takes minutes: twice the 50,000 × 32 × 32 of CIFAR-10. */
const PIXELS_OF_AN_EPOCH = 100_000_000;

/** Takes a name that comes from outside. @throws UserError when it is neither `auto` nor the name of a model */
export const modelChoice = (name: string): ModelChoice => knownName('model', name, [AUTO, ...modelNames.toSorted()]);

/**
 * The default model: `mlp` for images of fewer than 4 rows or columns, `digit-cnn` for grey ones of up to 32 × 32, and for
 * all others `resnet-small`; or `digit-cnn`, which takes a twentieth of the time, where they have more than 100 million pixels.
 * @param count of training images; asked for only where it matters
 * @returns the model, and why, to stand behind "because"
 */
export async function chooseModel(
  { height, width, channels }: ImageShape,
  count: () => Promise<number>,
): Promise<{ readonly model: ModelName; readonly reason: string }> {
  const size = `${height} × ${width}`;
  if (Math.min(height, width) < LEAST_SIDE)
    return { model: 'mlp', reason: `images of ${size} are too small for others` };
  const colours = channels === 1 ? 'grey' : channels === 3 ? 'colour' : `${channels}-channel`;
  if (channels === 1 && Math.max(height, width) <= SMALL_SIDE) {
    return { model: 'digit-cnn', reason: `images are grey and have ${size} pixels` };
  }
  const images = `${colours} images of ${size}`;
  const pixels = (await count()) * height * width;
  return pixels <= PIXELS_OF_AN_EPOCH
    ? { model: 'resnet-small', reason: `these are ${images}` }
    : { model: 'digit-cnn', reason: `these are ${images}, and too many for a larger one` };
}
