/** Brings image files to what a network saw, and says what was done. */

import { pixelSize } from '../base/format.ts';
import { adaptPixels, type ChangeKind, type Wanted } from './adapt-pixels.ts';
import { decodeOpacity, decodePixels, describeImage } from './decode-image.ts';
import type { ImageShape } from './images.ts';

/** Counts what was done, so that it is said once for each kind. */
export class Changes {
  readonly #images = new Map<ChangeKind, number>();
  readonly #sizes = new Set<string>();
  readonly #scales = new Set<string>();
  readonly #wanted: Wanted;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  count(kind: ChangeKind, images = 1): void {
    this.#images.set(kind, (this.#images.get(kind) ?? 0) + images);
  }

  resized(shape: ImageShape): void {
    this.count('resized');
    if (this.#sizes.size < 2) this.#sizes.add(pixelSize(shape));
  }

  scaled(images: number, [low, high]: readonly [number, number]): void {
    this.count('scaled', images);
    this.#scales.add(`${low} … ${high}`);
  }

  /** Each kind of change with its number of images and a sentence. */
  list(): { readonly kind: ChangeKind; readonly images: number; readonly sentence: string }[] {
    const { shape, fit, ground, invert } = this.#wanted;
    const [size, other] = this.#sizes;
    const ways = { stretch: 'stretched', crop: 'cut at two sides', pad: 'with black borders' };
    const [from, to] = ground === 'light' ? ['light on dark', 'dark on light'] : ['dark on light', 'light on dark'];
    const said: Readonly<Record<ChangeKind, (images: string, were: string) => string>> = {
      resized: (images, were) =>
        `${images} of ${size} pixels${other === undefined ? '' : ' and other sizes'} ${were} resized to ` +
        `${pixelSize(shape)} (other proportions: ${ways[fit]}).`,
      greyed: (images, were) => `${images} saved in colours ${were} made grey.`,
      coloured: (images, were) => `${images} saved in grey ${were} given three equal channels.`,
      inverted: (images, were) =>
        invert === 'yes'
          ? `${images} ${were} inverted, as --invert yes says.`
          : `${images} ${from} ${were} inverted: the network saw ${to}.`,
      laid: (images, were) => `${images} with a transparent ground and one colour ${were} laid on its opposite.`,
      scaled: (images, were) => `${images} with values ${[...this.#scales].join(' and ')} ${were} scaled to bytes.`,
    };
    return [...this.#images].map(([kind, images]) => {
      const noun = `${images.toLocaleString('en-US')} image${images === 1 ? '' : 's'}`;
      return { kind, images, sentence: said[kind](noun, images === 1 ? 'was' : 'were') };
    });
  }
}

/**
 * @param content of an image file
 * @param pixels u8[height × width × channels], written to
 * @throws UserError if there are no decoders; Error with the reason if the image cannot be read
 */
export async function adaptImage(content: Buffer, wanted: Wanted, pixels: Uint8Array, changes: Changes): Promise<void> {
  const { channels } = wanted.shape;
  const { isColour, isTransparent } = await describeImage(content);
  const decoded = await decodePixels(content, channels);
  const opacity = isTransparent ? await decodeOpacity(content) : null;
  const adapted = adaptPixels({ ...decoded, opacity }, wanted);
  if (isColour && channels === 1) changes.count('greyed');
  if (!isColour && channels === 3) changes.count('coloured');
  for (const kind of adapted.changes) {
    if (kind === 'resized') changes.resized(decoded.size);
    else changes.count(kind);
  }
  pixels.set(adapted.pixels);
}
