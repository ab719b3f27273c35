/** What a sample of the image files says: the size that networks are trained at, and what is odd about the images. */

import { join } from 'node:path';
import { integer, pixelSize } from '../../base/format.ts';
import { printable } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { type ImageFile, lookAtImage } from '../decode-image.ts';
import { findImageTree, readImage } from '../image-tree.ts';
import type { Inventory } from './inventory.ts';
import type { Notes } from './notes.ts';
import type { Draft } from './tables.ts';

const MEASURED = 40;
/** Images up to this size are taken as they are; larger ones are shrunk to `USUAL_SIDE`. */
const LARGEST_KEPT = 96;
const USUAL_SIDE = 64;
const LEAST_SIDE = 8;

interface Measured extends ImageFile {
  /** Path in the data folder. */
  readonly path: string;
}

/** What networks shall be trained at. */
export async function sizeOf(
  inventory: Inventory,
  folder: string,
  notes: Notes,
): Promise<Pick<Draft, 'shape' | 'images'>> {
  const measured = await measureSome(inventory, folder);
  if (measured.length === 0) {
    notes.unclear.push(`How large the images are: ${USUAL_SIDE} × ${USUAL_SIDE} is a guess.`);
    return { shape: { height: USUAL_SIDE, width: USUAL_SIDE, channels: 3 }, images: { fit: 'crop' } };
  }
  notes.unclear.push(...darkImages(measured), ...transparentImages(measured));
  const tiny = tinyAmong(measured);
  const usual = measured.filter((image) => !tiny.includes(image));
  const [first] = usual;
  const channels = measured.every((image) => image.channels === 1) ? 1 : 3;
  const colour = channels === 1 ? 'grey' : 'in colour';
  const isSame = usual.every(({ height, width }) => height === first.height && width === first.width);
  const keepsSize = isSame && Math.max(first.height, first.width) <= LARGEST_KEPT;
  if (keepsSize && tiny.length === 0) {
    notes.understood.push(`Images of ${pixelSize(first)}, ${colour}.`);
    return { shape: { height: first.height, width: first.width, channels } };
  }
  const side = Math.min(USUAL_SIDE, ...usual.map(sideOf));
  const { height, width } = keepsSize ? first : { height: side, width: side };
  const ratios = measured.map((image) => image.width / image.height);
  const fit = Math.max(...ratios) / Math.min(...ratios) < 1.05 ? 'stretch' : 'crop';
  notes.understood.push(
    `Images of ${range(measured.map((image) => image.width))} × ${range(measured.map((image) => image.height))}, ` +
      `${colour}, made ${pixelSize({ height, width })} (${fit}).`,
  );
  notes.unclear.push(
    ...tiny.map(
      (image) =>
        `${printable(image.path, 80)} has ${pixelSize(image)} pixels, and the others have ` +
        `${range(usual.map((one) => one.width))} × ${range(usual.map((one) => one.height))}: it is enlarged. ` +
        'Replace it by a larger one, or remove it.',
    ),
  );
  return { shape: { height, width, channels }, images: { fit } };
}

/** Images spread over the folder; the first ones of an archive. */
async function measureSome({ directory }: Inventory, folder: string): Promise<Measured[]> {
  const measured: Measured[] = [];
  const tree = await findImageTree(directory, folder);
  if (!tree) return measured;
  const measure = async (path: string, content: Buffer): Promise<void> => {
    const found = await lookAtImage(content).catch((error: unknown) => {
      if (error instanceof UserError) throw error;
      return null;
    });
    if (found) measured.push({ ...found, path: join(folder, path) });
  };
  const { paths } = tree;
  if (paths.length === 0) {
    await tree.read(
      () => {},
      async (path, content) => {
        if (measured.length < MEASURED) await measure(path, content);
      },
    );
  }
  const step = Math.max(1, Math.floor(paths.length / MEASURED));
  for (let i = 0; i < paths.length && measured.length < MEASURED; i += step) {
    const content = contentOf(join(directory, folder, paths[i]));
    if (content) await measure(paths[i], content);
  }
  return measured;
}

/** @returns null for a file that cannot be read: whoever loads all images names it */
function contentOf(file: string): Buffer | null {
  try {
    return readImage(file);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

const sideOf = ({ height, width }: Measured): number => Math.max(LEAST_SIDE, Math.min(height, width));

/** So few of the sample, with less than half of the usual side, do not decide the size of all. */
const MOST_TINY = 0.05;

/** Images that would make all others smaller. */
function tinyAmong(measured: readonly Measured[]): Measured[] {
  const sides = measured.map(sideOf).toSorted((a, b) => a - b);
  const median = sides[Math.floor(sides.length / 2)];
  const tiny = measured.filter((image) => sideOf(image) < Math.min(USUAL_SIDE, median / 2));
  return tiny.length <= MOST_TINY * measured.length ? tiny : [];
}

/** Cameras of 10 to 14 bits use the low values of 16 alone. */
const DARK = 2 ** 14;

function darkImages(measured: readonly Measured[]): string[] {
  const deep = measured.filter((image) => image.highest !== null);
  const highest = Math.max(...deep.map((image) => image.highest!));
  if (deep.length === 0 || highest >= DARK) return [];
  return [
    `Images of 16 bits, such as ${printable(deep[0].path, 80)}, have no value above ${integer(highest)} of 65,535. ` +
      `They are rounded to 8 bits, so the images become dark: their brightest pixel is ${Math.round(highest / 257)} of 255. ` +
      'Stretch their values to 0 … 65,535, or save the images with 8 bits.',
  ];
}

function transparentImages(measured: readonly Measured[]): string[] {
  const found = measured.filter((image) => image.isPlainColour);
  if (found.length === 0) return [];
  return [
    `${found.length} of the ${measured.length} images that were looked at, such as ${printable(found[0].path, 80)}, ` +
      'have one colour, and their picture is in the transparency. Transparency is dropped, so they become blank. ' +
      'Save them on a ground of another colour.',
  ];
}

const range = (values: readonly number[]): string => {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? String(low) : `${low} … ${high}`;
};
