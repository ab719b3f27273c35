/** Decodes image files to the shape that networks are trained at: JPEG, PNG, WebP, GIF, TIFF and BMP. */

import type sharpLibrary from 'sharp';
import type { Sharp } from 'sharp';
import { printable } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import type { ImageShape } from './images.ts';
import { type Fit, resample } from './resample.ts';
import { wrongDownload } from './wrong-download.ts';

/** Images of more pixels are a mistake or an attack, and must not fill the memory. */
const MOST_PIXELS = 1e8;

type Library = typeof sharpLibrary;
let library: Promise<Library> | undefined;

/** Loads the decoders, which are native code and not on every machine. @throws UserError if they are not here */
function loadSharp(): Promise<Library> {
  return (library ??= import('sharp').then(
    ({ default: sharp }) => {
      // What was decoded once is not needed again; one thread an image, for several are decoded side by side.
      sharp.cache(false);
      sharp.concurrency(1);
      return sharp;
    },
    (error: unknown) => {
      throw new UserError(
        'Image files are decoded by the package sharp, which is not installed here or does not run on this machine. ' +
          'Install it with "npm install sharp", or use the data as a table or as arrays.',
        { cause: error },
      );
    },
  ));
}

/**
 * @param content of a file
 * @returns u8[height × width × channels]; grey from colours where there is one channel, and the other way round
 * @throws UserError if the decoders are missing; Error with the reason if the image cannot be read
 */
export async function decodeImage(content: Buffer, shape: ImageShape, fit: Fit): Promise<Uint8Array> {
  const { pixels, size } = await decodePixels(content, shape.channels);
  return resample(pixels, size, shape, fit);
}

export interface DecodedImage {
  /** u8[height × width × channels] in the image's own size. */
  readonly pixels: Uint8Array;
  /** With the channels that were asked for. */
  readonly size: ImageShape;
}

/** Decodes an image in its own size; transparency is left out. @throws as `decodeImage` */
export async function decodePixels(content: Buffer, channels: number): Promise<DecodedImage> {
  const image = await opened(content);
  const { data, info } = await image
    .removeAlpha()
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== channels) throw new Error(`${info.channels} channels in place of ${channels}`);
  return { pixels: data, size: { height: info.height, width: info.width, channels } };
}

/** What an image says of itself: whether it is in colours, and whether parts of it can be seen through. */
export async function describeImage(content: Buffer): Promise<{ isColour: boolean; isTransparent: boolean }> {
  const { space, hasAlpha } = await (await opened(content)).metadata();
  return { isColour: !isGrey(space), isTransparent: hasAlpha };
}

/** How opaque each pixel is. @returns u8[height × width] @throws as `decodeImage` */
export async function decodeOpacity(content: Buffer): Promise<Uint8Array> {
  const image = await opened(content);
  return image.ensureAlpha().extractChannel('alpha').raw({ depth: 'uchar' }).toBuffer();
}

async function opened(content: Buffer): Promise<Sharp> {
  const sharp = await loadSharp();
  return isBitmap(content)
    ? bitmap(sharp, content)
    : sharp(content, { failOn: 'truncated', limitInputPixels: MOST_PIXELS, autoOrient: true });
}

const isGrey = (space: string): boolean => /^(b-w|grey16)$/.test(space);

/** An image file as a proposal looks at it. */
export interface ImageFile extends ImageShape {
  /** Largest value of an image of 16 bits; null for others. */
  readonly highest: number | null;
  /** Whether all pixels have one colour and differ in transparency alone. */
  readonly isPlainColour: boolean;
}

/** Looks at an image as it is shown; decodes only those of 16 bits and with transparency. @throws Error if it cannot be read */
export async function lookAtImage(content: Buffer): Promise<ImageFile> {
  const sharp = await loadSharp();
  const usual = { highest: null, isPlainColour: false };
  if (isBitmap(content)) {
    const { width, height } = await (await bitmap(sharp, content)).metadata();
    return { height, width, channels: 3, ...usual };
  }
  const image = sharp(content, { limitInputPixels: MOST_PIXELS });
  const { autoOrient, space, depth, hasAlpha } = await image.metadata();
  const shape = { height: autoOrient.height, width: autoOrient.width, channels: isGrey(space) ? 1 : 3 };
  const isDeep = depth === 'ushort';
  if (!isDeep && !hasAlpha) return { ...shape, ...usual };
  const { channels } = await image.stats();
  const colours = hasAlpha ? channels.slice(0, -1) : channels;
  const alpha = channels[channels.length - 1];
  return {
    ...shape,
    highest: isDeep ? Math.max(...colours.map(({ max }) => max)) : null,
    isPlainColour: hasAlpha && colours.every(({ min, max }) => min === max) && alpha.stdev > 0,
  };
}

const isBitmap = (content: Buffer): boolean => content.toString('latin1', 0, 2) === 'BM';

/** The prebuilt decoders have all of the formats but this one. */
async function bitmap(sharp: Library, content: Buffer): Promise<Sharp> {
  const [width, height] = content.length < 26 ? [0, 0] : [content.readInt32LE(18), Math.abs(content.readInt32LE(22))];
  if (width < 1 || height < 1 || width * height > MOST_PIXELS) throw new Error('its size cannot be');
  const { decode } = await import('bmp-ts');
  const decoded = decode(content, { toRGBA: true });
  return sharp(decoded.data, { raw: { width: decoded.width, height: decoded.height, channels: 4 } });
}

/** The sentence for an image that cannot be read. */
export const brokenImage = (name: string, error: unknown, content: Buffer): UserError =>
  new UserError(
    `${name}: this image cannot be read (${reasonOf(error, content)}). ` +
      'Replace it, or leave such images out with --skip-broken.',
    { cause: error },
  );

const WEBP = /^RIFF.{4}WEBP/s;
/** How files of images begin, and how those end that have an end. */
const kinds: readonly (readonly [kind: string, beginning: RegExp, end: string | null])[] = [
  ['PNG', /^\x89PNG/, 'IEND\xAEB`\x82'],
  ['JPEG', /^\xFF\xD8\xFF/, '\xFF\xD9'],
  ['GIF', /^GIF8/, ';'],
  ['WebP', WEBP, null],
  ['TIFF', /^(II\*\0|MM\0\*)/, null],
  ['BMP', /^BM/, null],
];
/** Some programs write bytes behind the end of an image. */
const LOOKED_AT = 4096;

/** What the bytes say, and else the first of what may be several lines of the decoder. */
function reasonOf(error: unknown, content: Buffer): string {
  const text = content.toString('latin1', 0, 256);
  if (content.length === 0) return 'it is empty';
  const kind = kinds.find(([, beginning]) => beginning.test(text));
  if (!kind) {
    const found = wrongDownload(text)?.what ?? 'something else';
    return `expected a JPEG, PNG, WebP, GIF, TIFF or BMP, got ${found}`;
  }
  const [name, , end] = kind;
  if (end !== null && !content.toString('latin1', Math.max(0, content.length - LOOKED_AT)).includes(end)) {
    return `a ${name} that is cut off after ${content.length} bytes`;
  }
  return `${name}: ${printable((error instanceof Error ? error.message : String(error)).split('\n')[0], 120)}`;
}
