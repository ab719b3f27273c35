/**
 * Test-time augmentation (TTA): a prediction is the mean over an image as it is and a few augmented views of it.
 *
 * The views are the same changes for every image, so that the prediction of an image depends on its pixels alone: not on
 * its place in a file, or on the images beside it. Source of the idea: Krizhevsky et al. 2012, section 4.1.
 */
import {
  type Augmentation,
  augmentations,
  copyPixels,
  createAugmenter,
  type Images,
  imageSize,
  rowReader,
} from '../data/index.ts';
import type { Network, Solution } from '../models/index.ts';
import { random } from '../numerics/random.ts';
import type { Parameters } from './parameters.ts';
import { averageProbabilities, ensemble } from './predict.ts';

/** More cost hours and gain nothing. */
export const MOST_VIEWS = 256;

/** As in a record: what was done. */
export interface TestTimeAugmentation {
  /** Augmented views beside the image itself. */
  readonly views: number;
  readonly augmentation: Augmentation;
  readonly seed: number;
}

/** The share of the amounts of the training by which views are changed. */
const STRENGTH = 0.5;

/**
 * Views that are changed as the training changes its images, by half as much. What hides or mixes images, such as cutout
 * and mixup, is left out. Views for a training that moves no image are changed by half of `digits`.
 * @param seed of the training
 */
export function ttaOf(
  { augment }: Pick<Parameters, 'augment'>,
  { views, seed }: { readonly views: number; readonly seed: number },
): TestTimeAugmentation {
  const { cutout, mixup, cutmix } = augmentations.none;
  const amounts: Augmentation = movesImages(augment) ? augment : augmentations.digits;
  const augmentation: Augmentation = {
    ...amounts,
    shift: amounts.shift * STRENGTH,
    crop: Math.ceil(amounts.crop * STRENGTH),
    rotate: amounts.rotate * STRENGTH,
    shear: amounts.shear * STRENGTH,
    zoom: amounts.zoom * STRENGTH,
    elastic: { ...amounts.elastic, strength: amounts.elastic.strength * STRENGTH },
    cutout,
    mixup,
    cutmix,
  };
  return { views, augmentation, seed: random(seed, 'views').integer(2 ** 32) };
}

/** Whether anything is left of an augmentation without what hides or mixes images. */
export const movesImages = ({ shift, crop, rotate, shear, zoom, flip, elastic }: Augmentation): boolean =>
  flip || [shift, crop, rotate, shear, zoom, elastic.strength].some((amount) => amount > 0);

/**
 * @param view its number, from 0
 * @returns a function that writes `count` images from the position `first` on, as the view shows them, to u8[count × bytes
 *   of an image]
 * @throws RangeError as `createAugmenter`
 */
export function createView(shape: Images['shape'], { augmentation, seed }: TestTimeAugmentation, view: number) {
  const size = imageSize(shape);
  const { draw } = createAugmenter(shape, augmentation, seed)(view);
  return (images: Images, first: number, count: number, into: Uint8Array): void => {
    const { bytes, find } = rowReader(images);
    for (let i = 0; i < count; i += 1) {
      const at = find(first + i);
      draw(0, bytes, at, into, i * size);
    }
  };
}

/** Images that are in memory a second time while they are looked at from another side. */
const IMAGES_AT_ONCE = 4096;

/**
 * Mean of the class probabilities of several solutions over the images as they are and their views.
 * @param tta absent for the images alone
 * @returns f32[images.count × classes]
 */
export async function ensembleOfViews(
  network: Network,
  solutions: readonly Solution[],
  images: Images,
  tta?: TestTimeAugmentation,
): Promise<Float32Array> {
  if (!tta) return ensemble(network, solutions, images);
  const { shape } = images;
  const { classes } = network.plan;
  const views = Array.from({ length: tta.views }, (_, view) => createView(shape, tta, view));
  const all = new Float32Array(images.count * classes);
  for (let first = 0; first < images.count; first += IMAGES_AT_ONCE) {
    const count = Math.min(IMAGES_AT_ONCE, images.count - first);
    const pixels = new Uint8Array(new SharedArrayBuffer(count * imageSize(shape)));
    const seen: Images = { shape, count, pixels };
    copyPixels(images, first, count, pixels);
    const members = [await ensemble(network, solutions, seen)];
    for (const draw of views) {
      draw(images, first, count, pixels);
      members.push(await ensemble(network, solutions, seen));
    }
    all.set(averageProbabilities(members), first * classes);
  }
  return all;
}

/**
 * Mean over the folds of what the solutions of each predict together, as submissions have it.
 * @param tta absent for the images alone
 * @returns f32[images.count × classes]
 */
export async function foldsOfViews(
  network: Network,
  folds: readonly (readonly Solution[])[],
  images: Images,
  tta?: TestTimeAugmentation,
): Promise<Float32Array> {
  const members: Float32Array[] = [];
  for (const solutions of folds) members.push(await ensembleOfViews(network, solutions, images, tta));
  return averageProbabilities(members);
}
