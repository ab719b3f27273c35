/** Recognises the files of the competitions that the program knows, whatever folder they lie in. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { descriptions, competitions, describe } from './competitions/index.ts';
import type { Competition } from './competition.ts';
import { findSource } from './archive.ts';
import { type Description, DESCRIPTION_FILE, type SourceDescription } from './description.ts';
import { expectedImages } from './directory.ts';
import { eachLabel } from './propose/from-arrays.ts';
import { sampleOf } from './propose/lines.ts';
import { imageSize } from './images.ts';

/** The competition that a folder describes itself; null if it does not. @throws UserError if the description does not hold */
export function describedIn(folder: string): Competition | null {
  const file = join(folder, DESCRIPTION_FILE);
  return existsSync(file) ? describe(file) : null;
}

/** The competition that a folder describes itself, else the known one whose files lie there; null if there is neither. */
export const competitionIn = async (folder: string): Promise<Competition | null> =>
  describedIn(folder) ?? recognise(folder);

/**
 * The known competition whose files these are: by their names, the headers of tables, and the first labels where files of
 * several have the same names.
 * @returns null if they are none's
 */
export async function recognise(directory: string): Promise<Competition | null> {
  for (const [i, description] of descriptions.entries()) {
    if (description.generator === null && (await isOf(description, competitions[i], directory))) return competitions[i];
  }
  return null;
}

/** Whether some of its files are there. Test images of another form make another competition of equal training images. */
async function isOf(description: Description, competition: Competition, directory: string): Promise<boolean> {
  const { train, test } = competition.files;
  let isFound = false;
  for (const [role, formats, sources] of [
    ['train', train, description.train],
    ['test', test, description.test ?? []],
  ] as const) {
    for (const [i, format] of formats.entries()) {
      const found = await format.find(directory, expectedImages(competition, role)).catch(() => null);
      if (!found || 'missing' in found) continue;
      const is = await looksRight(description, role, sources[i], directory);
      if (is === false && role === 'test') return false;
      isFound ||= is === true;
    }
  }
  return isFound;
}

/** @returns null where files of that name say nothing */
async function looksRight(
  { shape, train }: Description,
  role: 'train' | 'test',
  source: SourceDescription,
  directory: string,
): Promise<boolean | null> {
  if (source.format === 'table') {
    const file = await findSource(directory, source.file);
    const sample = file && (await sampleOf(file).catch(() => null));
    const names = sample?.header;
    if (!names || typeof source.pixels !== 'object' || !('prefix' in source.pixels)) return false;
    const { prefix, first } = source.pixels;
    const expected = Array.from({ length: imageSize(shape) }, (_, pixel) => `${prefix}${first + pixel}`);
    return names.join() === [...(source.label === null ? [] : [source.label]), ...expected].join();
  }
  // A folder `test` with images says little.
  if (source.format === 'numbered-png') return role === 'train' ? true : null;
  if (source.format !== 'idx') return true;
  const known = train.find((one) => one.format === 'idx')?.firstLabels ?? [];
  if (role === 'test' || source.labels === null) return null;
  const labels: number[] = [];
  await eachLabel(directory, source.labels, (label) => {
    if (labels.length < known.length) labels.push(label);
  }).catch(() => {});
  return known.length > 0 && labels.join() === known.join();
}
