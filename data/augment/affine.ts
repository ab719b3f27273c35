/** Shift, crop, rotation, shear, zoom and flip, all in one affine map. */
import { cos, sin } from '../../numerics/elementary.ts';
import { createNoise, symmetric, unit } from './noise.ts';

/**
 * From a pixel of the new picture to the place in the old one that it shows, both counted from the middle:
 * `x' = xx·x + xy·y + x0`, `y' = yx·x + yy·y + y0`.
 */
export interface AffineMap {
  xx: number;
  xy: number;
  x0: number;
  yx: number;
  yy: number;
  y0: number;
}

export interface AffineAmounts {
  /** Largest shift along each axis, in pixels and fractions of them. */
  readonly shift: number;
  /** Whole pixels added on every side before a picture of the old size is cut out anywhere. */
  readonly crop: number;
  /** Largest rotation either way, in degrees, up to 180. */
  readonly rotate: number;
  /** Largest slant of the vertical either way, in degrees, up to 45. */
  readonly shear: number;
  /** Largest share by which each axis, on its own, grows or shrinks, up to 0.5. */
  readonly zoom: number;
  /** Whether half of the images are mirrored, left to right. */
  readonly flip: boolean;
}

/** Changes `map` by one random step; `first` and `second` are the image's two words for this step. */
type Step = (map: AffineMap, amount: number, first: number, second: number) => void;

/** In the order in which they are undone, from the new picture to the old one. Each has noise of its own name. */
const steps: Readonly<Record<keyof AffineAmounts, Step>> = {
  shift(map, pixels, first, second) {
    map.x0 += pixels * symmetric(first);
    map.y0 += pixels * symmetric(second);
  },
  crop(map, pixels, first, second) {
    map.x0 += Math.floor((2 * pixels + 1) * unit(first)) - pixels;
    map.y0 += Math.floor((2 * pixels + 1) * unit(second)) - pixels;
  },
  rotate(map, degrees, first) {
    // Sine and cosine of half the angle, where the series are short; then sin 2x = 2 sin x cos x, cos 2x = cos² x − sin² x.
    const half = (degrees * symmetric(first) * Math.PI) / 360;
    const sine = sin(half);
    const cosine = cos(half);
    const a = cosine * cosine - sine * sine;
    const b = 2 * sine * cosine;
    multiply(map, a, b, -b, a);
  },
  shear(map, degrees, first) {
    const angle = (degrees * symmetric(first) * Math.PI) / 180;
    multiply(map, 1, sin(angle) / cos(angle), 0, 1);
  },
  zoom(map, share, first, second) {
    multiply(map, 1 / (1 + share * symmetric(first)), 0, 0, 1 / (1 + share * symmetric(second)));
  },
  flip(map, _, first) {
    if (first < 0) multiply(map, -1, 0, 0, 1);
  },
};

/**
 * @returns null if every amount is 0; else a function of the epoch, giving a function that writes the map of an image
 */
export function createAffine(amounts: AffineAmounts, seed: number) {
  const active = Object.entries(steps).flatMap(([name, step]) => {
    const amount = Number(amounts[name as keyof AffineAmounts]);
    return amount > 0 ? [{ name, step, amount }] : [];
  });
  if (active.length === 0) return null;
  const words = new Int32Array(2);
  return (epoch: number) => {
    const noisy = active.map(({ name, step, amount }) => ({
      step,
      amount,
      noise: createNoise(seed, 'augment', name, epoch),
    }));
    return (image: number, map: AffineMap): void => {
      Object.assign(map, identity);
      for (const { step, amount, noise } of noisy) {
        noise(image, 0, words);
        step(map, amount, words[0], words[1]);
      }
    };
  };
}

export const identity: Readonly<AffineMap> = { xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: 0 };

/** map ← (a b; c d) · map */
function multiply(map: AffineMap, a: number, b: number, c: number, d: number): void {
  const { xx, xy, x0, yx, yy, y0 } = map;
  map.xx = a * xx + b * yx;
  map.xy = a * xy + b * yy;
  map.x0 = a * x0 + b * y0;
  map.yx = c * xx + d * yx;
  map.yy = c * xy + d * yy;
  map.y0 = c * x0 + d * y0;
}
