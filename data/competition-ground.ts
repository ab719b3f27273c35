/** What the images of a competition are drawn on. */

import type { Competition, Ground } from './competition.ts';
import { findRole } from './directory.ts';
import { groundOf } from './ground.ts';
import { imageAt } from './images.ts';
import { loadTrain } from './load.ts';

/** Training images that are looked at. */
const LOOKED_AT = 2_000;
/** This share of them must have one ground, and hardly any the other. */
const LEAST_SHARE = 0.9;
const MOST_OF_THE_OTHER = 0.005;

/**
 * The ground of a competition's images: as its description says, else as nearly all of its training images have it.
 * @returns null for colours, for images without one ground, and where neither is there
 */
export async function competitionGround(competition: Competition, dataDir?: string): Promise<Ground | null> {
  const { shape, form } = competition;
  if (shape.channels !== 1) return null;
  if (form?.ground) return form.ground;
  if (!(await findRole(competition, 'train', dataDir)).format) return null;
  const images = await loadTrain(competition, { dataDir });
  const looked = Math.min(images.count, LOOKED_AT);
  const found = { dark: 0, light: 0 };
  for (let i = 0; i < looked; i += 1) {
    const ground = groundOf(imageAt(images, i), shape);
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
