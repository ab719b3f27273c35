/** Turns drawings and photographs into inputs of networks. Pure functions, which Node runs too. */
import { pixelSize } from '../../../base/format.ts';
import { adaptPixels, type Fit, type Ground, type ImageShape, resample } from '../../../data/index.ts';

/** MNIST fills a box of 20 pixels in a field of 28. */
const BOX = 20 / 28;
/** Weaker ink does not count: it is the soft edge of a stroke. */
const LEAST_INK = 8;

/** Ink on a field: 0 is none, 255 all. */
export interface Ink {
  readonly height: number;
  readonly width: number;
  /** u8[height × width] */
  readonly values: Uint8Array;
}

/**
 * Centres and scales ink as in MNIST: the longer side of the drawing fills 20 of 28 pixels, and its centre of mass
 * moves to the middle of the field, as far as the drawing stays within it.
 * @returns u8[height × width]; null if nothing is drawn
 */
export function centred(ink: Ink, { height, width }: ImageShape): Uint8Array | null {
  const box = boundsOf(ink);
  if (box === null) return null;
  const side = Math.max(1, Math.round(BOX * Math.min(height, width)));
  const scale = side / Math.max(box.height, box.width);
  const small: ImageShape = {
    height: Math.max(1, Math.round(box.height * scale)),
    width: Math.max(1, Math.round(box.width * scale)),
    channels: 1,
  };
  const cut = new Uint8Array(box.height * box.width);
  for (let y = 0; y < box.height; y += 1) {
    const from = (box.top + y) * ink.width + box.left;
    cut.set(ink.values.subarray(from, from + box.width), y * box.width);
  }
  const scaled = resample(cut, { height: box.height, width: box.width, channels: 1 }, small, 'stretch');
  const { x, y } = centreOfMass(scaled, small.width);
  const left = within(Math.round(width / 2 - x), width - small.width);
  const top = within(Math.round(height / 2 - y), height - small.height);
  const field = new Uint8Array(height * width);
  for (let row = 0; row < small.height; row += 1) {
    field.set(scaled.subarray(row * small.width, (row + 1) * small.width), (top + row) * width + left);
  }
  return field;
}

const within = (value: number, most: number): number => Math.min(Math.max(value, 0), most);

function boundsOf({ height, width, values }: Ink): { top: number; left: number; height: number; width: number } | null {
  let [top, left, bottom, right] = [height, width, -1, -1];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (values[y * width + x] < LEAST_INK) continue;
      top = Math.min(top, y);
      bottom = y;
      left = Math.min(left, x);
      right = Math.max(right, x);
    }
  }
  return bottom === -1 ? null : { top, left, height: bottom - top + 1, width: right - left + 1 };
}

/** Centre of mass in pixels from the upper left corner. The centre of the first pixel is at 0.5. */
function centreOfMass(values: Uint8Array, width: number): { x: number; y: number } {
  let [x, y, sum] = [0, 0, 0];
  for (const [at, value] of values.entries()) {
    x += value * ((at % width) + 0.5);
    y += value * (Math.floor(at / width) + 0.5);
    sum += value;
  }
  return { x: x / sum, y: y / sum };
}

/** The input format of a network. */
export interface Wish {
  readonly shape: ImageShape;
  readonly fit: Fit;
  readonly ground: Ground | null;
}

/** RGBA pixels of a browser: u8[height × width × 4]. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/**
 * Converts a drawing of light ink on a dark background for a network of grey images.
 * @param isCentred centres the ink as in MNIST; otherwise the whole field is scaled
 * @returns u8[height × width]; null if nothing is drawn
 */
export function drawnGrey(picture: Picture, { shape, ground }: Wish, isCentred: boolean): Uint8Array | null {
  const { height, width } = picture;
  const ink = { height, width, values: channelOf(picture, 0) };
  if (boundsOf(ink) === null) return null;
  const field = isCentred
    ? centred(ink, shape)!
    : resample(ink.values, { height, width, channels: 1 }, shape, 'stretch').slice();
  if (ground === 'light') for (const [at, value] of field.entries()) field[at] = 255 - value;
  return field;
}

/**
 * Adapts a picture to the training images of the network, as the command `predict` does.
 * @returns u8[height × width × channels], and sentences about what was done
 */
export function adaptedPicture(picture: Picture, { shape, fit, ground }: Wish): { pixels: Uint8Array; says: string[] } {
  const { height, width } = picture;
  const opacity = channelOf(picture, 3);
  const colours = [0, 1, 2].map((channel) => channelOf(picture, channel));
  const isGrey = colours[0].every((red, at) => red === colours[1][at] && red === colours[2][at]);
  const pixels = shape.channels === 1 ? greyOf(colours, isGrey) : interleaved(colours);
  const size = { height, width, channels: shape.channels };
  const adapted = adaptPixels({ pixels, size, opacity }, { shape, fit, ground, invert: 'auto' });
  const said = {
    laid: 'its transparent ground was filled',
    inverted: ground === 'light' ? 'light on dark became dark on light' : 'dark on light became light on dark',
    resized: `${pixelSize(picture)} pixels were resized to ${pixelSize(shape)}`,
  };
  const grey = shape.channels === 1 && !isGrey ? ['its colours became grey'] : [];
  return { pixels: adapted.pixels, says: [...grey, ...adapted.changes.map((change) => said[change])] };
}

function channelOf({ height, width, data }: Picture, channel: number): Uint8Array {
  return Uint8Array.from({ length: height * width }, (_, at) => data[4 * at + channel]);
}

const interleaved = ([red, green, blue]: readonly Uint8Array[]): Uint8Array => {
  const pixels = new Uint8Array(3 * red.length);
  for (let at = 0; at < red.length; at += 1) pixels.set([red[at], green[at], blue[at]], 3 * at);
  return pixels;
};

/** Luminance (Rec. 709) in linear light, as the decoders of the command line compute it. */
function greyOf([red, green, blue]: readonly Uint8Array[], isGrey: boolean): Uint8Array {
  if (isGrey) return red.slice();
  return red.map((value, at) => encoded(0.2126 * light[value] + 0.7152 * light[green[at]] + 0.0722 * light[blue[at]]));
}

/** Linear light of each sRGB code, from 0 to 1. */
const light = Float64Array.from({ length: 256 }, (_, code) => {
  const value = code / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

const encoded = (value: number): number =>
  Math.round(255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055));
