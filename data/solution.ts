/** The small tables of ids and labels: the sample submission, and the answers of a solution file. */

import { basename, dirname, join } from 'node:path';
import { displayPath } from '../base/paths.ts';
import { findSource } from './archive.ts';
import type { Competition } from './competition.ts';
import { preparedDirectory } from './directory.ts';
import { type LabelEntry, type LabelTable, readLabels } from './label-table.ts';
import { printable, quoted } from '../base/printable.ts';
import { readTable, wideBounds } from './csv.ts';
import { classesOfColumns } from './probability-form.ts';
import type { Source } from './source.ts';
import { UserError } from '../base/user-error.ts';

/** What a submission must look like. */
export interface Sample {
  /** Ids in their order. */
  readonly ids: readonly string[];
  /** Where submissions hold probabilities of each class: the class of each column. */
  readonly order: readonly number[] | null;
}

/** The ids of `loadSample`. */
export const loadSampleSubmission = async (
  competition: Competition,
  options: { dataDir?: string } = {},
): Promise<readonly string[] | null> => (await loadSample(competition, options))?.ids ?? null;

/**
 * The sample submission; null if the competition has none or the file is absent.
 * @throws UserError naming file and line for a wrong header, row, id or label, or an id that comes twice
 */
export async function loadSample(competition: Competition, options: { dataDir?: string } = {}): Promise<Sample | null> {
  const { sampleSubmission } = competition.files;
  if (sampleSubmission === null) return null;
  const source = await findSource(await preparedDirectory(competition, options.dataDir), sampleSubmission);
  if (!source) return null;
  const { submission, classes } = competition;
  const { probabilities: form } = submission;
  if (submission.firstId === null || form !== undefined) {
    const { ids, columns } = await sampleIds(source, submission.id);
    if (form !== undefined && 'columns' in form) {
      return { ids, order: classesOfColumns(source.name, columns, form.columns) };
    }
    if (form === undefined || columns.join() === submission.label) return { ids, order: null };
    const expected = [submission.id, submission.label].join();
    const found = quoted([submission.id, ...columns].join(), 60);
    throw new UserError(
      `${source.name}:1: expected the header \`${expected}\`, got ${found}. Correct \`submission\` of the competition.`,
    );
  }
  const { entries } = await readLabels(source, submission, classes);
  return { ids: entries.map(({ id }) => id), order: null };
}

/** What a sample says beside its ids is an example, and may be anything. */
async function sampleIds(source: Source, column: string): Promise<{ ids: string[]; columns: string[] }> {
  const { header, rows } = await readTable(source, null, wideBounds);
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
  return { ids: [...lines.keys()], columns: header.map((name) => name.trim()).filter((_, i) => i !== place) };
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
  const read = async (table: LabelTable): Promise<LabelEntry[]> =>
    (await readLabels(source, table, classes, { usageAllowed: true })).entries;
  const { probabilities: form } = submission;
  if (form === undefined || !('of' in form)) return read(submission);
  // Where submissions have the probability of a class, its name may be written, or 1 for it and 0 for the other.
  return read(submission).catch((error: unknown) =>
    read({ ...submission, labels: form.of === 1 ? ['0', '1'] : ['1', '0'] }).catch(() => {
      throw error;
    }),
  );
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
