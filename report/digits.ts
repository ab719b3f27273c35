/** A picture of images with what they are and what they were taken for, as one SVG. */
import { percent } from '../base/format.ts';
import { crc32, deflateSync } from 'node:zlib';
import { escapeXml, type Size } from '../charts/render.ts';
import type { Theme } from '../charts/index.ts';
import { imageSize, type ImageShape, type LabelledImages } from '../data/index.ts';
import type { Mistake } from '../submissions/index.ts';

const COLUMNS = 10;
const CELL = { width: 76, height: 104 } as const;
/** Side of an image, in CSS pixels. */
const SIDE = 56;

export interface MistakeGrid {
  readonly images: LabelledImages;
  readonly mistakes: readonly Mistake[];
  readonly classes: readonly string[];
  /** Says what is to be seen. */
  readonly label: string;
}

export const gridSize = (mistakes: number): Size => ({
  width: COLUMNS * CELL.width,
  height: Math.max(1, Math.ceil(mistakes / COLUMNS)) * CELL.height,
});

/** In the order given, row by row: the image, `true → predicted`, and the probability of the predicted class. */
export function mistakeGrid({ images, mistakes, classes, label }: MistakeGrid, theme: Theme): string {
  const { width, height } = gridSize(mistakes.length);
  const size = imageSize(images.shape);
  const cells = mistakes.map(({ row, label: truth, predicted, confidence }, i) => {
    const [x, y] = [(i % COLUMNS) * CELL.width, Math.floor(i / COLUMNS) * CELL.height];
    const png = Buffer.from(encodePng(images.shape, images.pixels.subarray(row * size, (row + 1) * size)));
    const text = (dy: number, colour: string, words: string): string =>
      `<text x="${x + CELL.width / 2}" y="${y + dy}" fill="${colour}">${escapeXml(words)}</text>`;
    return [
      `<image x="${x + (CELL.width - SIDE) / 2}" y="${y + 4}" width="${SIDE}" height="${SIDE}"`,
      ` image-rendering="optimizeSpeed" href="data:image/png;base64,${png.toString('base64')}"/>`,
      text(SIDE + 20, theme.text, `${shortened(classes[truth])} → ${shortened(classes[predicted])}`),
      text(SIDE + 36, theme.mutedText, percent(confidence, 1)),
    ].join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    ` role="img" aria-label="${escapeXml(label)}" font-family="${theme.font}" font-size="12" text-anchor="middle">`,
    `<rect width="${width}" height="${height}" fill="${theme.background}"/>`,
    ...cells,
    '</svg>',
  ].join('\n');
}

/** Names of classes may be words: `T-shirt/top`. */
const shortened = (name: string): string => (name.length > 5 ? `${name.slice(0, 4)}.` : name);

/**
 * The bytes of one image as a PNG: no filters, one block.
 * @throws RangeError for other than one channel (grey) or three (red, green, blue)
 */
export function encodePng({ width, height, channels }: ImageShape, pixels: Uint8Array): Uint8Array {
  if (channels !== 1 && channels !== 3) throw new RangeError(`Expected 1 or 3 \`channels\`, got ${channels}.`);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, channels === 1 ? 0 : 2, 0, 0, 0], 8);
  const stride = width * channels;
  const rows = Buffer.alloc(height * (stride + 1));
  for (let y = 0; y < height; y += 1) rows.set(pixels.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND')]);
}

function chunk(type: string, content: Uint8Array = new Uint8Array()): Buffer {
  const body = Buffer.concat([Buffer.from(type), content]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
