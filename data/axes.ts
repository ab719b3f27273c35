/** The orders in which files have the values of an image; the program itself has rows first and channels last. */

import { type ImageShape, imageSize } from './images.ts';

/** H rows, W columns, C channels; the last one changes fastest. */
export const AXIS_ORDERS = ['HWC', 'WHC', 'CHW', 'CWH'] as const;
export type AxisOrder = (typeof AXIS_ORDERS)[number];

/** Where the value that is at position i of a file belongs in the image. @returns u32[bytes of an image] */
export function placesOf(shape: ImageShape, order: AxisOrder): Uint32Array {
  const { height, width, channels } = shape;
  const lengths = { H: height, W: width, C: channels };
  const steps = { H: width * channels, W: channels, C: 1 };
  const [first, second, third] = Array.from(order) as ('H' | 'W' | 'C')[];
  const places = new Uint32Array(imageSize(shape));
  let at = 0;
  for (let i = 0; i < lengths[first]; i += 1) {
    for (let j = 0; j < lengths[second]; j += 1) {
      for (let k = 0; k < lengths[third]; k += 1) {
        places[at++] = i * steps[first] + j * steps[second] + k * steps[third];
      }
    }
  }
  return places;
}
