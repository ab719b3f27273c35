/** Augmentation in a configuration: the name of a preset, or the amounts themselves. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type Augmentation, augmentations, LARGEST_ALPHA, SMALLEST_ALPHA } from '../data/index.ts';

const { none } = augmentations;

const amount = (largest: number) => {
  const range = `a number in 0 … ${largest}`;
  return z.number(range).min(0, range).max(largest, range);
};
const pixels = (least: number, largest: number) => {
  const range = `a whole number in ${least} … ${largest}`;
  return z.int(range).min(least, range).max(largest, range);
};

/** Unknown keys have the message of all objects, which names the known ones. */
const objectLike = (expected: string) => ({
  error: ({ code }: { readonly code?: string }) => (code === 'unrecognized_keys' ? undefined : expected),
});

const amountsSchema = z.strictObject(
  {
    shift: amount(64).default(none.shift).describe('Largest shift along each axis, in pixels.'),
    crop: pixels(0, 64)
      .default(none.crop)
      .describe('Pixels that are added on every side before a picture of the old size is cut out.'),
    rotate: amount(180).default(none.rotate).describe('Largest rotation in either direction, in degrees.'),
    shear: amount(45).default(none.shear).describe('Largest slant in either direction, in degrees.'),
    zoom: amount(0.5).default(none.zoom).describe('Largest share by which each axis grows or shrinks.'),
    flip: z.boolean('true or false').default(none.flip).describe('Whether half of the images are mirrored.'),
    elastic: z
      .strictObject(
        {
          strength: amount(8)
            .default(none.elastic.strength)
            .describe('Standard deviation of the displacement, in pixels.'),
          spacing: pixels(2, 64)
            .default(none.elastic.spacing)
            .describe('Distance between the points of the grid that is displaced, in pixels.'),
        },
        objectLike('an object like {"strength": 1, "spacing": 7}'),
      )
      .default(none.elastic)
      .describe('Elastic distortion.'),
    fill: z
      .enum(['zero', 'edge'], '"zero" or "edge"')
      .default(none.fill)
      .describe('What fills the picture from beyond its border: black, or the nearest pixel.'),
    cutout: pixels(0, 512).default(none.cutout).describe('Side of a black square, in pixels.'),
    mixup: amount(LARGEST_ALPHA)
      .refine((alpha) => alpha === 0 || alpha >= SMALLEST_ALPHA, `0 or at least ${SMALLEST_ALPHA}`)
      .default(none.mixup)
      .describe('α of mixup: two images are blended by a share from Beta(α, α).'),
    cutmix: amount(LARGEST_ALPHA)
      .refine((alpha) => alpha === 0 || alpha >= SMALLEST_ALPHA, `0 or at least ${SMALLEST_ALPHA}`)
      .default(none.cutmix)
      .describe('α of CutMix: a box of another image is pasted over the image, of a share from Beta(α, α).'),
  },
  objectLike(`one of ${Object.keys(augmentations).join(', ')}, or an object of amounts`),
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
