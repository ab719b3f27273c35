/** Digests of what decides a result, so that kept results are used for nothing else. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { MODULE_EXTENSION, PROGRAM_ROOT } from '../base/modules.ts';
import type { Images, LabelledImages } from '../data/index.ts';

/** SHA-256 of plain data as JSON, in hexadecimal digits. */
export const digestOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** SHA-256 of images, and of labels and what decides their folds where they have such. */
export function digestOfImages({
  shape,
  pixels,
  labels,
  folds,
}: Images & Partial<Pick<LabelledImages, 'labels' | 'folds'>>): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(shape))
    .update(pixels)
    .update(labels ?? '');
  if (folds) hash.update(JSON.stringify(folds.isStratified)).update(folds.part?.is ?? '');
  return hash.update(folds?.part?.of ?? '').digest('hex');
}

/**
 * Digest of the names and texts of the program's own modules that match: an edit of the program may change any result.
 * @param pattern without the modules' extension
 */
export async function digestOfSources(pattern: string): Promise<string> {
  const files: string[] = [];
  for await (const file of glob(`${pattern}${MODULE_EXTENSION}`, { cwd: PROGRAM_ROOT })) files.push(file);
  return digestOf(files.toSorted().map((file) => [file, readFileSync(join(PROGRAM_ROOT, file), 'utf8')]));
}
