/** Brings images to another size. */

import { type ImageShape, imageSize } from './images.ts';

/** What happens to images of other proportions: they are stretched, cut at two sides, or given two black borders. */
export type Fit = 'stretch' | 'crop' | 'pad';

/**
 * Each value is the mean of the area that it covers; where an image is enlarged, areas are parts of pixels. Made of
 * sums and products alone, the same on every machine.
 */
export function resample(pixels: Uint8Array, from: ImageShape, to: ImageShape, fit: Fit): Uint8Array {
  if (from.height === to.height && from.width === to.width) return pixels;
  const { channels } = to;
  const scales = [from.height / to.height, from.width / to.width];
  const scale = fit === 'crop' ? Math.min(...scales) : Math.max(...scales);
  const [scaleY, scaleX] = fit === 'stretch' ? scales : [scale, scale];
  const columns = weightsOf(from.width, to.width, scaleX);
  const rows = weightsOf(from.height, to.height, scaleY);
  // First along the rows, then along the columns.
  const narrow = new Float64Array(from.height * to.width * channels);
  for (let y = 0; y < from.height; y += 1) {
    for (const [x, { first, weights }] of columns.entries()) {
      for (let c = 0; c < channels; c += 1) {
        let sum = 0;
        let at = (y * from.width + first) * channels + c;
        for (const weight of weights) {
          sum += weight * pixels[at];
          at += channels;
        }
        narrow[(y * to.width + x) * channels + c] = sum;
      }
    }
  }
  const result = new Uint8Array(imageSize(to));
  const rowSize = to.width * channels;
  const sums = new Float64Array(rowSize);
  for (const [y, { first, weights }] of rows.entries()) {
    sums.fill(0);
    for (const [k, weight] of weights.entries()) {
      const start = (first + k) * rowSize;
      for (let i = 0; i < rowSize; i += 1) sums[i] += weight * narrow[start + i];
    }
    for (let i = 0; i < rowSize; i += 1) result[y * rowSize + i] = Math.round(sums[i]);
  }
  return result;
}

interface Weights {
  readonly first: number;
  readonly weights: readonly number[];
}

/** What each of `to` values takes from `from` ones, of which `scale` make one; nothing comes from beyond the border. */
function weightsOf(from: number, to: number, scale: number): Weights[] {
  const margin = (from - to * scale) / 2;
  return Array.from({ length: to }, (_, i) => {
    const start = margin + i * scale;
    const end = start + scale;
    const first = Math.min(from - 1, Math.max(0, Math.floor(start)));
    const weights: number[] = [];
    for (let k = first; k < Math.min(from, end); k += 1) {
      weights.push(Math.max(0, Math.min(k + 1, end) - Math.max(k, start)) / scale);
    }
    return { first, weights };
  });
}
