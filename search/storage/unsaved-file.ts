/** A file that keeps one finished trial whose store could not take it: `trial-NUMBER-DIGEST.json`. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonIfThere } from '../../base/json.ts';
import type { Owner } from '../../base/owner.ts';
import { displayPath } from '../../base/paths.ts';
import { replaceFile } from '../../base/replace-file.ts';
import { UserError } from '../../base/user-error.ts';
import type { FrozenTrial } from '../frozen-trial.ts';
import { isFinished } from '../frozen-trial.ts';
import { ownerOf, toRow, toTrial } from './rows.ts';

const unsavedSchema = z.strictObject({
  study: z.string(),
  location: z.string(),
  row: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
});

interface UnsavedTrial {
  /** The store that could not take the trial, as `parseLocation` writes it. */
  readonly location: string;
  readonly owner: Owner;
  readonly trial: FrozenTrial;
}

/** @returns the file, in a folder that is made if it is missing */
export async function writeUnsaved(folder: string, study: string, unsaved: UnsavedTrial): Promise<string> {
  const { location, owner, trial } = unsaved;
  const digest = createHash('sha256')
    .update(JSON.stringify([location, study, owner.token]))
    .digest('hex');
  const file = join(folder, `trial-${trial.number}-${digest.slice(0, 16)}.json`);
  await mkdir(folder, { recursive: true });
  await replaceFile(file, `${JSON.stringify({ study, location, row: toRow(0, trial, owner, 0) })}\n`);
  return file;
}

/**
 * @returns null if the file is missing or holds a trial of another study
 * @throws UserError or StudyError if the file does not hold a finished trial
 */
export async function readUnsaved(file: string, study: string): Promise<UnsavedTrial | null> {
  const unsaved = await readJsonIfThere(file, unsavedSchema);
  if (unsaved?.study !== study) return null;
  const place = displayPath(file);
  const trial = toTrial(unsaved.row, { study, location: place });
  const owner = ownerOf(unsaved.row.owner);
  if (owner === null || !isFinished(trial)) throw new UserError(`${place}: expected a finished trial. Remove it.`);
  return { location: unsaved.location, owner, trial };
}
