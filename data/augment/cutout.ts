/** Cutout: a black square anywhere, partly outside at the border. Source: DeVries & Taylor 2017, arXiv:1708.04552. */
import type { ImageShape } from '../images.ts';
import { createNoise, unit } from './noise.ts';

/**
 * @param side of the square, in pixels
 * @returns a function of the epoch, giving a function that blackens a square of the image at `pixels[at …]`
 */
export function createCutout({ height, width, channels }: ImageShape, side: number, seed: number) {
  const words = new Int32Array(2);
  return (epoch: number) => {
    const noise = createNoise(seed, 'augment', 'cutout', epoch);
    return (image: number, pixels: Uint8Array, at: number): void => {
      noise(image, 0, words);
      // Its middle is any pixel of the image.
      const left = Math.floor(width * unit(words[0])) - (side >> 1);
      const top = Math.floor(height * unit(words[1])) - (side >> 1);
      const from = at + Math.max(left, 0) * channels;
      const to = at + Math.min(left + side, width) * channels;
      for (let y = Math.max(top, 0); y < Math.min(top + side, height); y += 1) {
        pixels.fill(0, from + y * width * channels, to + y * width * channels);
      }
    };
  };
}
