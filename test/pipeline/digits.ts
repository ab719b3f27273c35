/** A few of the digits that the project draws itself, in memory: enough to learn something within seconds. */
import type { LabelledImages } from '../../data/images.ts';
import { random } from '../../numerics/random.ts';
import { drawDigit } from '../../data/synthetic.ts';

export const shape = { height: 28, width: 28, channels: 1 };
const PIXELS = shape.height * shape.width;

/** Every class equally often, in turn. */
export function digits(count: number, seed = 1): LabelledImages {
  const stream = random(seed, 'digits');
  const pixels = new Uint8Array(new SharedArrayBuffer(count * PIXELS));
  const labels = new Uint16Array(new SharedArrayBuffer(count * Uint16Array.BYTES_PER_ELEMENT));
  for (let i = 0; i < count; i += 1) {
    labels[i] = i % 10;
    drawDigit(labels[i], stream, pixels.subarray(i * PIXELS, (i + 1) * PIXELS));
  }
  return { shape, count, pixels, labels };
}
