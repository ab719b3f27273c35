/** Resamples an image: each pixel shows another place of the old image, interpolated between its four neighbours. */
import { pixelSize } from '../../base/format.ts';
import type { ImageShape } from '../images.ts';
import type { AffineMap } from './affine.ts';

/** What lies beyond the border: black, or the nearest pixel of the image. */
export type Fill = 'zero' | 'edge';

/** Added to the places of an affine map, one row of pixels at a time. */
export interface Displacement {
  /** Pixels of a span. */
  readonly spacing: number;
  /**
   * `SPAN_LENGTH` numbers in fixed point for each span of the row: the displacement along x at its first pixel, and the
   * first, second and third difference from pixel to pixel; then the same along y.
   */
  readonly spans: Int32Array;
  /** Makes `spans` those of row y. */
  row(y: number): void;
}

export const SPAN_LENGTH = 8;

// Places are integers with 20 bits behind the point: their sums are exact, and 11 bits before it are enough for images
// of up to 512 pixels and whatever a map adds. Those of larger images have one bit less behind the point, and one more
// before it. The weights of the interpolation keep 11 of these bits, so that 31 hold a sum.
const LARGEST_SIDE = 1024;
const fractionBits = (shape: ImageShape): number => (sideOf(shape) > LARGEST_SIDE / 2 ? 19 : 20);
/** A pixel in fixed point. */
export const fixedOne = (shape: ImageShape): number => 1 << fractionBits(shape);
const sideOf = ({ height, width }: ImageShape): number => Math.max(height, width);
const WEIGHT_BITS = 11;
const WEIGHT_MASK = (1 << WEIGHT_BITS) - 1;
const HALF = 1 << (2 * WEIGHT_BITS - 1);

/** Writes the picture of `source[from …]` under `map` to `target[to …]`. */
export type Warp = (source: Uint8Array, from: number, target: Uint8Array, to: number, map: AffineMap) => void;

/** @throws RangeError for images of more than 1024 pixels a side */
export function createWarp(shape: ImageShape, fill: Fill, displacement: Displacement = straight(shape.width)): Warp {
  const { height, width, channels } = shape;
  if (sideOf(shape) > LARGEST_SIDE) {
    throw new RangeError(`Expected images of at most ${LARGEST_SIDE} pixels a side, got ${pixelSize(shape)}.`);
  }
  const { spacing, spans } = displacement;
  const frame: Frame = { height, width, channels, edge: fill === 'edge', bits: fractionBits(shape), spacing, spans };
  const one = fixedOne(shape);
  const fixed = (place: number): number => Math.floor(place * one + 0.5) | 0;
  const middleX = (width - 1) / 2;
  const middleY = (height - 1) / 2;

  return (source, from, target, to, { xx, xy, x0, yx, yy, y0 }) => {
    const stepX = fixed(xx);
    const stepY = fixed(yx);
    for (let y = 0; y < height; y += 1) {
      displacement.row(y);
      const startX = fixed(-xx * middleX + xy * (y - middleY) + x0 + middleX);
      const startY = fixed(-yx * middleX + yy * (y - middleY) + y0 + middleY);
      const first = to + y * width * channels;
      for (let channel = 0; channel < channels; channel += 1) {
        drawRow(frame, source, from + channel, target, first + channel, startX, stepX, startY, stepY);
      }
    }
  };
}

interface Frame extends ImageShape {
  readonly edge: boolean;
  /** Behind the point of a place. */
  readonly bits: number;
  readonly spacing: number;
  readonly spans: Int32Array;
}

/** One channel of one row: `target[first]` and every `channels`-th byte after it. */
function drawRow(
  frame: Frame,
  source: Uint8Array,
  from: number,
  target: Uint8Array,
  first: number,
  startX: number,
  stepX: number,
  startY: number,
  stepY: number,
): void {
  const { height, width, channels, bits, spacing, spans } = frame;
  const rowBytes = width * channels;
  const weightShift = bits - WEIGHT_BITS;
  let at = first;
  for (let left = 0, s = 0; left < width; left += spacing, s += SPAN_LENGTH) {
    const right = Math.min(left + spacing, width);
    let x = (startX + Math.imul(stepX, left) + spans[s]) | 0;
    let x1 = (stepX + spans[s + 1]) | 0;
    let x2 = spans[s + 2];
    const x3 = spans[s + 3];
    let y = (startY + Math.imul(stepY, left) + spans[s + 4]) | 0;
    let y1 = (stepY + spans[s + 5]) | 0;
    let y2 = spans[s + 6];
    const y3 = spans[s + 7];
    for (let pixel = left; pixel < right; pixel += 1) {
      const column = x >> bits;
      const row = y >> bits;
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      // Unsigned, a negative number is a large one.
      if (column >>> 0 < width - 1 && row >>> 0 < height - 1) {
        const place = (from + Math.imul(row, rowBytes) + Math.imul(column, channels)) | 0;
        a = source[place];
        b = source[place + channels];
        c = source[place + rowBytes];
        d = source[place + rowBytes + channels];
      } else {
        a = byteAt(frame, source, from, column, row);
        b = byteAt(frame, source, from, column + 1, row);
        c = byteAt(frame, source, from, column, row + 1);
        d = byteAt(frame, source, from, column + 1, row + 1);
      }
      const weightX = (x >> weightShift) & WEIGHT_MASK;
      const weightY = (y >> weightShift) & WEIGHT_MASK;
      const upper = ((a << WEIGHT_BITS) + Math.imul(b - a, weightX)) | 0;
      const lower = ((c << WEIGHT_BITS) + Math.imul(d - c, weightX)) | 0;
      target[at] = ((upper << WEIGHT_BITS) + Math.imul(lower - upper, weightY) + HALF) >> (2 * WEIGHT_BITS);
      at += channels;
      x = (x + x1) | 0;
      x1 = (x1 + x2) | 0;
      x2 = (x2 + x3) | 0;
      y = (y + y1) | 0;
      y1 = (y1 + y2) | 0;
      y2 = (y2 + y3) | 0;
    }
  }
}

/** A byte of the source; beyond the border what the fill says. */
function byteAt(frame: Frame, source: Uint8Array, from: number, column: number, row: number): number {
  const { height, width, channels, edge } = frame;
  const inside = column >>> 0 < width && row >>> 0 < height;
  if (!inside && !edge) return 0;
  const x = Math.min(Math.max(column, 0), width - 1);
  const y = Math.min(Math.max(row, 0), height - 1);
  return source[from + (y * width + x) * channels];
}

/** No displacement: one span as long as the row, all of it 0. */
const straight = (width: number): Displacement => ({ spacing: width, spans: new Int32Array(SPAN_LENGTH), row() {} });
