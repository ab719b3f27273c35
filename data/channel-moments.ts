/** Mean and deviation of the pixels of images, channel by channel. */
import { copyPixels, type Images, imageSize } from './images.ts';

const LEVELS = 256;
const IMAGES_AT_ONCE = 256;

export interface ChannelMoments {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Over all pixels of all images, in units of byte / 255. Whole numbers are added, so that their order does not matter. */
export function channelMoments(images: Images): ChannelMoments {
  const { channels } = images.shape;
  const size = imageSize(images.shape);
  const counts = Array.from({ length: channels }, () => new Float64Array(LEVELS));
  const pixels = new Uint8Array(IMAGES_AT_ONCE * size);
  for (let first = 0; first < images.count; first += IMAGES_AT_ONCE) {
    const count = Math.min(IMAGES_AT_ONCE, images.count - first);
    copyPixels(images, first, count, pixels);
    for (let c = 0; c < channels; c += 1) {
      const ofChannel = counts[c];
      for (let i = c; i < count * size; i += channels) ofChannel[pixels[i]] += 1;
    }
  }
  const n = images.count * images.shape.height * images.shape.width;
  const meanOf = (of: (level: number) => number) =>
    counts.map((ofChannel) => ofChannel.reduce((sum, count, level) => sum + count * of(level), 0) / n);
  const [means, squares] = [meanOf((level) => level), meanOf((level) => level * level)];
  const scale = LEVELS - 1;
  return {
    mean: means.map((mean) => mean / scale),
    deviation: squares.map((square, c) => Math.sqrt(Math.max(0, square - means[c] ** 2)) / scale),
  };
}
