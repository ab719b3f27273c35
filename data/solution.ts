/** The small tables of ids and labels: the sample submission, and the answers of a solution file. */

import { basename, dirname, join } from 'node:path';
import { displayPath } from '../base/paths.ts';
import { findSource } from './archive.ts';
import type { Competition } from './competition.ts';
import { preparedDirectory } from './directory.ts';
import { type LabelEntry, readLabels } from './label-table.ts';
import { UserError } from '../base/user-error.ts';

/**
 * The ids of the sample submission in its order; null if the competition has none or the file is absent.
 * @throws UserError naming file and line for a wrong header, row, id or label, or an id that comes twice
 */
export async function loadSampleSubmission(
  competition: Competition,
  options: { dataDir?: string } = {},
): Promise<Uint32Array | null> {
  const { sampleSubmission } = competition.files;
  if (sampleSubmission === null) return null;
  const source = await findSource(await preparedDirectory(competition, options.dataDir), sampleSubmission);
  if (!source) return null;
  const { entries } = await readLabels(source, competition.submission, competition.classes);
  return Uint32Array.from(entries, ({ id }) => id);
}

/**
 * The known answers of a solution file `ImageId,Label[,Usage]`, which may cover a part of the test images.
 * @param file path of the CSV, also if only FILE.gz is there or a zip beside it holds it
 * @throws UserError as `loadSampleSubmission`, for another usage than Public or Private, and if the file is missing
 */
export async function loadSolution(file: string, competition: Competition): Promise<LabelEntry[]> {
  const source = await findSource(dirname(file), basename(file));
  if (!source) throw new UserError(`${displayPath(file)}: expected a solution file, found none. Name one that exists.`);
  const { submission, classes } = competition;
  return (await readLabels(source, submission, classes, { usageAllowed: true })).entries;
}

/**
 * Path of the solution in the competition's folder, for `loadSolution`; null if the competition has none or the file is
 * absent.
 */
export async function findSolution(
  competition: Competition,
  options: { dataDir?: string } = {},
): Promise<string | null> {
  const { solution } = competition.files;
  if (solution === null) return null;
  const directory = await preparedDirectory(competition, options.dataDir);
  return (await findSource(directory, solution)) ? join(directory, solution) : null;
}
