/** Brings the pixels of one image to what a network saw: its ground and its size. Nothing here needs Node. */

import type { Ground } from './competition.ts';
import { groundOf } from './ground.ts';
import type { ImageShape } from './images.ts';
import { type Fit, resample } from './resample.ts';

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

/**
 * @param image with the channels that are wanted, in its own size; its pixels may be changed
 * @returns u8[height × width × channels] and what was done, of `laid`, `inverted` and `resized`
 */
export function adaptPixels(
  { pixels, size, opacity }: { pixels: Uint8Array; size: ImageShape; opacity: Uint8Array | null },
  wanted: Wanted,
): { pixels: Uint8Array; changes: ('laid' | 'inverted' | 'resized')[] } {
  const { shape, fit } = wanted;
  const isOtherSize = size.height !== shape.height || size.width !== shape.width;
  const changes = [
    // Ink of one colour without a ground: what was drawn is in the opacity alone.
    ...(opacity !== null && layOnGround(pixels, opacity, size.channels) ? (['laid'] as const) : []),
    ...(invertIfMeant(pixels, size, wanted) ? (['inverted'] as const) : []),
    ...(isOtherSize ? (['resized'] as const) : []),
  ];
  return { pixels: resample(pixels, size, shape, fit), changes };
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
