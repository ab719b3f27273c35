/** Digests of what decides a result, so that kept results are used for nothing else. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabelledImages } from '../data/images.ts';

const ROOT = join(import.meta.dirname, '..');

/** Of plain data. */
export const digestOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

export const digestOfImages = ({ shape, pixels, labels }: LabelledImages): string =>
  createHash('sha256').update(JSON.stringify(shape)).update(pixels).update(labels).digest('hex');

/** Of the names and texts of the project's own files that match: an edit of the program may change every result. */
export async function digestOfSources(pattern: string): Promise<string> {
  const files: string[] = [];
  for await (const file of glob(pattern, { cwd: ROOT })) files.push(file);
  return digestOf(files.toSorted().map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]));
}
