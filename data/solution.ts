/** The small tables of ids and labels: the sample submission, and the answers of a solution file. */

import { basename, dirname, join } from 'node:path';
import { displayPath } from '../base/paths.ts';
import { findSource } from './archive.ts';
import type { Competition } from './competition.ts';
import { preparedDirectory } from './directory.ts';
import { type LabelEntry, readLabels } from './label-table.ts';
import { printable, quoted } from '../base/printable.ts';
import { readTable } from './csv.ts';
import type { Source } from './source.ts';
import { UserError } from '../base/user-error.ts';

/**
 * The ids of the sample submission in its order; null if the competition has none or the file is absent.
 * @throws UserError naming file and line for a wrong header, row, id or label, or an id that comes twice
 */
export async function loadSampleSubmission(
  competition: Competition,
  options: { dataDir?: string } = {},
): Promise<string[] | null> {
  const { sampleSubmission } = competition.files;
  if (sampleSubmission === null) return null;
  const source = await findSource(await preparedDirectory(competition, options.dataDir), sampleSubmission);
  if (!source) return null;
  const { submission, classes } = competition;
  if (submission.firstId === null) return sampleIds(source, submission.id);
  const { entries } = await readLabels(source, submission, classes);
  return entries.map(({ id }) => id);
}

/** What a sample says beside its ids is an example, and may be anything. */
async function sampleIds(source: Source, column: string): Promise<string[]> {
  const { header, rows } = await readTable(source, null);
  const place = header.map((name) => name.trim()).indexOf(column);
  if (place === -1) {
    const columns = printable(header.join(', '), 200);
    throw new UserError(
      `${source.name}:1: expected a column \`${column}\`, got ${columns}. Correct \`submission.id\`.`,
    );
  }
  const lines = new Map<string, number>();
  for (const { cells, line } of rows) {
    const id = cells[place];
    const earlier = lines.get(id);
    if (id === '' || earlier !== undefined) {
      const found = id === '' ? 'nothing' : `${quoted(id)} as on line ${earlier}`;
      throw new UserError(`${source.name}:${line}: expected every id once, got ${found}. Correct that line.`);
    }
    lines.set(id, line);
  }
  return [...lines.keys()];
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
