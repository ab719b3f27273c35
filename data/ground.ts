/** What grey images are drawn on: light signs on dark ground, as in MNIST, or dark signs on light ground, as on paper. */

import type { Ground } from './competition.ts';
import type { ImageShape } from './images.ts';

/** This share of the pixels at the border must agree. No test image of MNIST or Fashion-MNIST is then taken for light. */
const LEAST_AGREEMENT = 0.75;
const MIDDLE = 128;
/**
 * The ground of one image, by its outermost pixels.
 * @param pixels u8[height × width]
 * @returns null where dark and light pixels are mixed there
 */
export function groundOf(pixels: Uint8Array, { height, width }: ImageShape): Ground | null {
  let light = 0;
  let count = 0;
  const look = (value: number): void => {
    count += 1;
    light += Number(value >= MIDDLE);
  };
  for (let x = 0; x < width; x += 1) {
    look(pixels[x]);
    if (height > 1) look(pixels[(height - 1) * width + x]);
  }
  for (let y = 1; y < height - 1; y += 1) {
    look(pixels[y * width]);
    if (width > 1) look(pixels[(y + 1) * width - 1]);
  }
  if (light >= LEAST_AGREEMENT * count) return 'light';
  return light <= (1 - LEAST_AGREEMENT) * count ? 'dark' : null;
}
