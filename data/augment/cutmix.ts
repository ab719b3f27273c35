/**
 * CutMix: a box of a training image shows another image there, and the label is that of both, by their areas.
 *
 * The box has a share 1 − λ of the picture before it is cut at the border, with λ ~ Beta(α, α), and its middle anywhere.
 * Source: Yun et al. 2019, arXiv:1905.04899, with the box of the authors' code.
 */
import type { ImageShape } from '../images.ts';
import { createShares, SHARE_ONE } from './mixup.ts';
import { createNoise, unit } from './noise.ts';

/** Writes a box of the picture at `pixels[partner …]` into that at `pixels[at …]`. @returns the share of the picture that is left, 0 … 1 */
export type Paste = (image: number, pixels: Uint8Array, at: number, partner: number) => number;

/**
 * @param alpha α of the Beta distribution, 0.01 … 2
 * @returns a function of the epoch
 */
export function createPaste({ height, width, channels }: ImageShape, alpha: number, seed: number) {
  const shares = createShares(alpha, seed, 'cutmix');
  const words = new Int32Array(2);
  return (epoch: number): Paste => {
    const shareOf = shares(epoch);
    const noise = createNoise(seed, 'augment', 'cutmix box', epoch);
    return (image, pixels, at, partner) => {
      const ratio = Math.sqrt(1 - shareOf(image) / SHARE_ONE);
      noise(image, 0, words);
      const [left, right] = cut(width, Math.floor(width * ratio), unit(words[0]));
      const [top, bottom] = cut(height, Math.floor(height * ratio), unit(words[1]));
      for (let y = top; y < bottom; y += 1) {
        const from = (y * width + left) * channels;
        const to = (y * width + right) * channels;
        pixels.copyWithin(at + from, partner + from, partner + to);
      }
      return 1 - ((right - left) * (bottom - top)) / (width * height);
    };
  };
}

/** The ends of a stretch of this length around a place, cut at the border; both halves are whole, as in the authors' code. */
function cut(size: number, length: number, place: number): [first: number, end: number] {
  const middle = Math.floor(size * place);
  return [Math.max(middle - (length >> 1), 0), Math.min(middle + (length >> 1), size)];
}
