/** A picture of images with what they are and what they were taken for, as one SVG. */
import { percent } from '../base/format.ts';
import { html } from 'hono/html';
import { PNG } from 'pngjs';
import { visible } from '../base/printable.ts';
import type { Size } from '../charts/render.ts';
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
export async function mistakeGrid({ images, mistakes, classes, label }: MistakeGrid, theme: Theme): Promise<string> {
  const { width, height } = gridSize(mistakes.length);
  const size = imageSize(images.shape);
  const cells = mistakes.map(({ row, label: truth, predicted, confidence }, i) => {
    const [x, y] = [(i % COLUMNS) * CELL.width, Math.floor(i / COLUMNS) * CELL.height];
    const png = encodePng(images.shape, images.pixels.subarray(row * size, (row + 1) * size)).toString('base64');
    const text = (dy: number, colour: string, words: string) =>
      html`<text x="${x + CELL.width / 2}" y="${y + dy}" fill="${colour}">${words}</text>`;
    return html`<image
        x="${x + (CELL.width - SIDE) / 2}"
        y="${y + 4}"
        width="${SIDE}"
        height="${SIDE}"
        image-rendering="optimizeSpeed"
        href="data:image/png;base64,${png}"
      />${[
        text(SIDE + 20, theme.text, `${shortened(classes[truth])} → ${shortened(classes[predicted])}`),
        text(SIDE + 36, theme.mutedText, percent(confidence, 1)),
      ]} `;
  });
  const svg = await html`<svg
    xmlns="http://www.w3.org/2000/svg"
    width="${width}"
    height="${height}"
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-label="${label}"
    font-family="${theme.font}"
    font-size="12"
    text-anchor="middle"
  >
    <rect width="${width}" height="${height}" fill="${theme.background}" />
    ${cells}
  </svg>`;
  return visible(String(svg));
}

/** Names of classes may be words: `T-shirt/top`. */
const shortened = (name: string): string => (name.length > 5 ? `${name.slice(0, 4)}.` : name);

/** The bytes of one image as a PNG. @throws RangeError for other than one channel (grey) or three (red, green, blue) */
export function encodePng({ width, height, channels }: ImageShape, pixels: Uint8Array): Buffer {
  if (channels !== 1 && channels !== 3) throw new RangeError(`Expected 1 or 3 \`channels\`, got ${channels}.`);
  const png = new PNG({ width, height });
  png.data = Buffer.from(pixels);
  const colorType = channels === 1 ? 0 : 2;
  return PNG.sync.write(png, { colorType, inputColorType: colorType, inputHasAlpha: false, filterType: 0 });
}
