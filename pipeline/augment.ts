/** Augmentation in a configuration: the name of a preset, or the amounts themselves. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type Augmentation, augmentations } from '../data/augment.ts';
import { LARGEST_ALPHA, SMALLEST_ALPHA } from '../data/augment/mixup.ts';

const { none } = augmentations;

const amount = (largest: number) => {
  const range = `a number in 0 … ${largest}`;
  return z.number(range).min(0, range).max(largest, range);
};
const pixels = (least: number, largest: number) => {
  const range = `a whole number in ${least} … ${largest}`;
  return z.int(range).min(least, range).max(largest, range);
};

const amountsSchema = z.strictObject(
  {
    /** Largest shift along each axis, in pixels. Default: 0. */
    shift: amount(64).default(none.shift),
    /** Pixels added on every side before a picture of the old size is cut out. Default: 0. */
    crop: pixels(0, 64).default(none.crop),
    /** Largest rotation either way, in degrees. Default: 0. */
    rotate: amount(180).default(none.rotate),
    /** Largest slant either way, in degrees. Default: 0. */
    shear: amount(45).default(none.shear),
    /** Largest share by which each axis grows or shrinks. Default: 0. */
    zoom: amount(0.5).default(none.zoom),
    /** Whether half of the images are mirrored. Default: false. */
    flip: z.boolean('true or false').default(none.flip),
    /** Elastic distortion: standard deviation of the displacement and distance of its grid's points, in pixels. */
    elastic: z
      .strictObject(
        {
          /** Default: 0. */
          strength: amount(8).default(none.elastic.strength),
          /** Default: 7. */
          spacing: pixels(2, 64).default(none.elastic.spacing),
        },
        'an object like {"strength": 1, "spacing": 7}',
      )
      .default(none.elastic),
    /** What comes in from beyond the border: black or the nearest pixel. Default: `zero`. */
    fill: z.enum(['zero', 'edge'], '"zero" or "edge"').default(none.fill),
    /** Side of a black square, in pixels. Default: 0. */
    cutout: pixels(0, 512).default(none.cutout),
    /** α of mixup. Default: 0. */
    mixup: amount(LARGEST_ALPHA)
      .refine((alpha) => alpha === 0 || alpha >= SMALLEST_ALPHA, `0 or at least ${SMALLEST_ALPHA}`)
      .default(none.mixup),
  },
  `one of ${Object.keys(augmentations).join(', ')}, or an object of amounts`,
);

/** A preset is replaced by its amounts, so that a record says what was done even when the preset changes. */
export const augmentationSchema: z.ZodType<Augmentation> = z.preprocess(
  (value) =>
    (typeof value === 'string' ? Object.entries(augmentations).find(([name]) => name === value)?.[1] : value) ?? value,
  amountsSchema,
);

/** A preset's name, or the amounts that are not off: for tables. */
export function describeAugmentation(augmentation: Augmentation): string {
  const named = Object.entries(augmentations).find(([, preset]) => isDeepStrictEqual(preset, augmentation));
  if (named) return named[0];
  const used = Object.entries(augmentation).filter(
    ([name, value]) => !isDeepStrictEqual(value, none[name as keyof Augmentation]),
  );
  return used.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(' + ');
}
