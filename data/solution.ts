/** The small tables of ids and labels: the sample submission, and the answers of a solution file. */

import { basename, dirname, join } from 'node:path';
import { displayPath, findSource } from './archive.ts';
import type { Source } from './archive.ts';
import type { Competition } from './competition.ts';
import { quoted, readTable } from './csv.ts';
import type { TableRow } from './csv.ts';
import { preparedDirectory } from './directory.ts';
import { UserError } from './user-error.ts';

/** Which leaderboard an image counts for. */
export type Usage = 'Public' | 'Private';

export interface SolutionEntry {
  readonly id: number;
  readonly label: number;
  /** Only if the solution has that column. */
  readonly usage?: Usage;
}

const USAGE = 'Usage';
const MAXIMUM_ID = 2 ** 32 - 1;

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
  const entries = await readEntries(source, competition, false);
  return Uint32Array.from(entries, ({ id }) => id);
}

/**
 * The known answers of a solution file `ImageId,Label[,Usage]`, which may cover a part of the test images.
 * @param file path of the CSV, also if only FILE.gz is there or a zip beside it holds it
 * @throws UserError as `loadSampleSubmission`, for another usage than Public or Private, and if the file is missing
 */
export async function loadSolution(file: string, competition: Competition): Promise<SolutionEntry[]> {
  const source = await findSource(dirname(file), basename(file));
  if (!source) throw new UserError(`${displayPath(file)}: expected a solution file, found none. Name one that exists.`);
  return readEntries(source, competition, true);
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

/** Rows `id,label`, or `id,label,Usage` where that is allowed, with ids that come once. */
async function readEntries(source: Source, competition: Competition, usageAllowed: boolean): Promise<SolutionEntry[]> {
  const { submission, classes } = competition;
  const columns = [submission.id, submission.label];
  const { rows } = await readTable(source, usageAllowed ? [columns, [...columns, USAGE]] : [columns]);
  const lines = new Map<number, number>();
  return rows.map((row) => {
    const id = integerCell(source, row, 0, submission.id, submission.firstId, MAXIMUM_ID);
    const label = integerCell(source, row, 1, submission.label, 0, classes.length - 1);
    const earlier = lines.get(id);
    if (earlier !== undefined) fail(source, row, `expected every id once, got ${id} as on line ${earlier}`);
    lines.set(id, row.line);
    return row.cells.length === columns.length ? { id, label } : { id, label, usage: usageCell(source, row) };
  });
}

function integerCell(source: Source, row: TableRow, index: number, column: string, from: number, to: number): number {
  const text = row.cells[index];
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (value >= from && value <= to) return value;
  return fail(source, row, `expected \`${column}\` to be an integer in ${from} … ${to}, got ${quoted(text)}`);
}

function usageCell(source: Source, row: TableRow): Usage {
  const text = row.cells[2];
  if (text === 'Public' || text === 'Private') return text;
  return fail(source, row, `expected \`${USAGE}\` to be Public or Private, got ${quoted(text)}`);
}

function fail(source: Source, { line }: TableRow, what: string): never {
  throw new UserError(`${source.name}:${line}: ${what}. Correct that line.`);
}
