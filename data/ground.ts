/** What grey images are drawn on: light signs on dark ground, as in MNIST, or dark signs on light ground, as on paper. */

import type { Competition, Ground } from './competition.ts';
import { findRole } from './directory.ts';
import { imageSize, type ImageShape } from './images.ts';
import { loadTrain } from './load.ts';

/** This share of the pixels at the border must agree. No test image of MNIST or Fashion-MNIST is then taken for light. */
const LEAST_AGREEMENT = 0.75;
const MIDDLE = 128;
/** Training images that are looked at. */
const LOOKED_AT = 2_000;
/** This share of them must have one ground, and hardly any the other. */
const LEAST_SHARE = 0.9;
const MOST_OF_THE_OTHER = 0.005;

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

/**
 * The ground of a competition's images: as its description says, else as nearly all of its training images have it.
 * @returns null for colours, for images without one ground, and where neither is there
 */
export async function competitionGround(competition: Competition, dataDir?: string): Promise<Ground | null> {
  const { shape, form } = competition;
  if (shape.channels !== 1) return null;
  if (form?.ground) return form.ground;
  if (!(await findRole(competition, 'train', dataDir)).format) return null;
  const { pixels, count } = await loadTrain(competition, { dataDir });
  const looked = Math.min(count, LOOKED_AT);
  const size = imageSize(shape);
  const found = { dark: 0, light: 0 };
  for (let i = 0; i < looked; i += 1) {
    const ground = groundOf(pixels.subarray(i * size, (i + 1) * size), shape);
    if (ground !== null) found[ground] += 1 / looked;
  }
  for (const [ground, other] of [
    ['dark', 'light'],
    ['light', 'dark'],
  ] as const) {
    if (found[ground] >= LEAST_SHARE && found[other] <= MOST_OF_THE_OTHER) return ground;
  }
  return null;
}
