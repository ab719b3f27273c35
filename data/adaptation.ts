/** Brings one image to what a network saw: its channels, its ground and its size. */

import type { Ground } from './competition.ts';
import { decodeOpacity, decodePixels, describeImage, type Fit, resample } from './decode-image.ts';
import { groundOf } from './ground.ts';
import type { ImageShape } from './images.ts';

/** Whether images are turned from dark on light to light on dark, or the other way round. */
export const inversions = ['auto', 'yes', 'no'] as const;
export type Inversion = (typeof inversions)[number];

export interface Wanted {
  readonly shape: ImageShape;
  readonly fit: Fit;
  /** What the network saw; null for what has no ground, or none that is known. */
  readonly ground: Ground | null;
  readonly invert: Inversion;
}

/** What can be done to an image. */
export type ChangeKind = 'resized' | 'greyed' | 'coloured' | 'inverted' | 'laid' | 'scaled';

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

  resized({ height, width }: ImageShape): void {
    this.count('resized');
    if (this.#sizes.size < 2) this.#sizes.add(`${height} × ${width}`);
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
        `${images} of ${size}${other === undefined ? '' : ' and other sizes'} pixels ${were} resized to ` +
        `${shape.height} × ${shape.width} (other proportions: ${ways[fit]}).`,
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
  // Ink of one colour without a ground: what was drawn is in the opacity alone.
  if (isTransparent && layOnGround(decoded.pixels, await decodeOpacity(content), channels)) changes.count('laid');
  if (isColour && channels === 1) changes.count('greyed');
  if (!isColour && channels === 3) changes.count('coloured');
  if (invertIfMeant(decoded.pixels, decoded.size, wanted)) changes.count('inverted');
  const { height, width } = decoded.size;
  if (height !== wanted.shape.height || width !== wanted.shape.width) changes.resized(decoded.size);
  pixels.set(resample(decoded.pixels, decoded.size, wanted.shape, wanted.fit));
}

/** @param pixels inverted in place @returns whether they were */
export function invertIfMeant(pixels: Uint8Array, size: ImageShape, { ground, invert }: Wanted): boolean {
  const isOpposite = (): boolean => {
    if (ground === null || size.channels !== 1) return false;
    const found = groundOf(pixels, size);
    return found !== null && found !== ground;
  };
  if (invert === 'no' || (invert === 'auto' && !isOpposite())) return false;
  for (let i = 0; i < pixels.length; i += 1) pixels[i] = 255 - pixels[i];
  return true;
}

/**
 * Lays an image whose visible pixels all have one colour on white, or on black where the colour is light.
 * @param pixels u8[opacity.length × channels], written to
 * @returns whether it was such an image
 */
function layOnGround(pixels: Uint8Array, opacity: Uint8Array, channels: number): boolean {
  const first = opacity.findIndex((value) => value > 0);
  if (first === -1 || opacity.every((value) => value === 255)) return false;
  const ink = pixels.slice(first * channels, (first + 1) * channels);
  const isInk = (at: number): boolean => ink.every((value, c) => Math.abs(pixels[at * channels + c] - value) <= 1);
  for (let at = first; at < opacity.length; at += 1) if (opacity[at] > 0 && !isInk(at)) return false;
  const ground = ink.reduce((sum, value) => sum + value, 0) < 128 * channels ? 255 : 0;
  for (let at = 0; at < opacity.length; at += 1) {
    for (let c = 0; c < channels; c += 1) {
      pixels[at * channels + c] = Math.round(ground + ((ink[c] - ground) * opacity[at]) / 255);
    }
  }
  return true;
}
