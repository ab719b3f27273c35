/**
 * Augmentation: every epoch shows each training image a little changed.
 *
 * What happens to image i in epoch e depends on the seed, e and i alone: not on the batch it is in, its size, the
 * images before it, or the worker. All of it is made of integers and of + − × ÷, the same on every machine.
 */
import { isDeepStrictEqual } from 'node:util';
import { type AffineAmounts, type AffineMap, createAffine, identity } from './augment/affine.ts';
import { createCutout } from './augment/cutout.ts';
import { createPaste, type Paste } from './augment/cutmix.ts';
import { createElastic, type ElasticAmounts } from './augment/elastic.ts';
import { createShares, SHARE_ONE } from './augment/mixup.ts';
import { createWarp, type Fill } from './augment/warp.ts';
import { type DrawImage, type Images, type ImageShape, imageSize } from './images.ts';

/** The amount of each kind of augmentation; 0 switches it off. */
export interface Augmentation extends AffineAmounts {
  readonly elastic: ElasticAmounts;
  /** What comes in from beyond the border. */
  readonly fill: Fill;
  /** Side of a black square, in pixels. */
  readonly cutout: number;
  /** α of mixup's Beta(α, α), 0 or 0.01 … 2. */
  readonly mixup: number;
  /** α of CutMix's Beta(α, α), 0 or 0.01 … 2. */
  readonly cutmix: number;
}

const none: Augmentation = {
  shift: 0,
  crop: 0,
  rotate: 0,
  shear: 0,
  zoom: 0,
  flip: false,
  elastic: { strength: 0, spacing: 7 },
  fill: 'zero',
  cutout: 0,
  mixup: 0,
  cutmix: 0,
};

/** To add one: add its line here. */
export const augmentations = {
  none,
  /** Handwriting: moved, turned, slanted and bent, never mirrored. */
  digits: { ...none, shift: 1.5, rotate: 10, shear: 8, zoom: 0.1, elastic: { strength: 0.8, spacing: 7 } },
  /** Photographs of objects that are what they are in a mirror, too. */
  colour: { ...none, crop: 4, flip: true, cutout: 8 },
} as const satisfies Record<string, Augmentation>;

export interface EpochAugmentation {
  readonly draw: DrawImage;
  /** λ · SHARE_ONE: the image's own share in its blend with another one; SHARE_ONE where nothing is blended. */
  readonly share: (image: number) => number;
  /** Pastes a box of another image over the image, and says what share of it is left: 1 where nothing is pasted. */
  readonly paste: Paste;
}

/**
 * The images as the first epoch of a training with this augmentation shows them, but for mixup and CutMix; the images
 * themselves where nothing else changes them.
 * @throws RangeError as `createAugmenter`
 */
export function augmented(images: Images, amounts: Augmentation, seed: number): Images {
  const alone: Augmentation = { ...amounts, mixup: none.mixup, cutmix: none.cutmix };
  if (isDeepStrictEqual({ ...alone, fill: none.fill }, none)) return images;
  return { ...images, draw: createAugmenter(images.shape, alone, seed)(0).draw };
}

/**
 * @returns a function of the epoch, counted from 0
 * @throws RangeError if images of more than 1024 pixels a side are to be moved
 * @example createAugmenter(images.shape, augmentations.digits, seed)(epoch).draw(i, images.pixels, i * size, batch, 0)
 */
export function createAugmenter(shape: ImageShape, amounts: Augmentation, seed: number) {
  const size = imageSize(shape);
  const affine = createAffine(amounts, seed);
  const elastic = amounts.elastic.strength > 0 ? createElastic(shape, amounts.elastic, seed) : null;
  const warp = affine || elastic ? createWarp(shape, amounts.fill, elastic?.displacement) : null;
  const cutout = amounts.cutout > 0 ? createCutout(shape, amounts.cutout, seed) : null;
  const shares = amounts.mixup > 0 ? createShares(amounts.mixup, seed) : null;
  const pastes = amounts.cutmix > 0 ? createPaste(shape, amounts.cutmix, seed) : null;
  const map: AffineMap = { ...identity };

  return (epoch: number): EpochAugmentation => {
    const placeMap = affine?.(epoch);
    const bend = elastic?.epoch(epoch);
    const blacken = cutout?.(epoch);
    const share = shares?.(epoch) ?? (() => SHARE_ONE);
    return {
      draw(image, source, from, target, to) {
        if (warp) {
          placeMap?.(image, map);
          bend?.(image);
          warp(source, from, target, to, map);
        } else {
          target.set(source.subarray(from, from + size), to);
        }
        blacken?.(image, target, to);
      },
      share,
      paste: pastes?.(epoch) ?? (() => 1),
    };
  };
}
