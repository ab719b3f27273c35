/** A grid of images with captions as one SVG. */
import { html } from 'hono/html';
import { PNG } from 'pngjs';
import { visible } from '../base/printable.ts';
import type { Size } from '../charts/render.ts';
import type { Theme } from '../charts/index.ts';
import type { ImageShape } from '../data/index.ts';

const CELL_WIDTH = 76;
/** Side length of an image, in CSS pixels. */
const SIDE = 56;
const LINE = 16;
const COLUMNS = 10;

export interface GridCell {
  /** u8[height × width × channels]; null for an empty place. */
  readonly pixels: Uint8Array | null;
  /** Lines of the caption. The second one is paler. */
  readonly lines: readonly string[];
}

export interface ImageGrid {
  readonly shape: ImageShape;
  /** Cells in row-major order. */
  readonly cells: readonly GridCell[];
  /** Default: 10 */
  readonly columns?: number;
  /** Lines of each caption, 0 … 2. */
  readonly lines: number;
  /** Text alternative. */
  readonly label: string;
}

const cellHeight = (lines: number): number => SIDE + 8 + lines * LINE + (lines > 0 ? 8 : 0);

export const gridSize = (cells: number, lines: number, columns = COLUMNS): Size => ({
  width: columns * CELL_WIDTH,
  height: Math.max(1, Math.ceil(cells / columns)) * cellHeight(lines),
});

export async function imageGrid(
  { shape, cells, columns = COLUMNS, lines, label }: ImageGrid,
  theme: Theme,
): Promise<string> {
  const { width, height } = gridSize(cells.length, lines, columns);
  const drawn = cells.map(({ pixels, lines: words }, i) => {
    const [x, y] = [(i % columns) * CELL_WIDTH, Math.floor(i / columns) * cellHeight(lines)];
    const text = (line: number, colour: string, said: string) =>
      html`<text x="${x + CELL_WIDTH / 2}" y="${y + SIDE + 20 + line * LINE}" fill="${colour}">${said}</text>`;
    const png = pixels && encodePng(shape, pixels).toString('base64');
    const image =
      png === null
        ? ''
        : html`<image
            x="${x + (CELL_WIDTH - SIDE) / 2}"
            y="${y + 4}"
            width="${SIDE}"
            height="${SIDE}"
            image-rendering="optimizeSpeed"
            href="data:image/png;base64,${png}"
          />`;
    return html`${image}${words.map((said, line) => text(line, line === 0 ? theme.text : theme.mutedText, said))} `;
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
    ${drawn}
  </svg>`;
  return visible(String(svg));
}

/** Shortens the name of a class, such as `T-shirt/top`, for a caption. */
export const shortened = (name: string, most = 5): string =>
  name.length > most ? `${name.slice(0, most - 1)}.` : name;

/** Encodes an image as PNG. @throws RangeError unless it has one channel (grey) or three (red, green, blue) */
export function encodePng({ width, height, channels }: ImageShape, pixels: Uint8Array): Buffer {
  if (channels !== 1 && channels !== 3) throw new RangeError(`Expected 1 or 3 \`channels\`, got ${channels}.`);
  const png = new PNG({ width, height });
  png.data = Buffer.from(pixels);
  const colorType = channels === 1 ? 0 : 2;
  return PNG.sync.write(png, { colorType, inputColorType: colorType, inputHasAlpha: false, filterType: 0 });
}
