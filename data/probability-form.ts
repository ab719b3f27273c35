/** Submissions that hold probabilities in place of labels: of each class, or of one of two. */

import { printable, quoted } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { parseTable, wideBounds } from './csv.ts';

/** Either the names of the columns of all classes, in the order of the classes, or the class of the only column. */
export type ProbabilityForm = { readonly columns: readonly string[] } | { readonly of: number };

/**
 * The class of each column after the id.
 * @param name what messages call the file
 * @param found names of these columns
 * @param columns name of the column of each class
 * @throws UserError unless each class has one column, and nothing else has one
 */
export function classesOfColumns(name: string, found: readonly string[], columns: readonly string[]): number[] {
  const classOf = new Map(columns.map((column, k) => [column, k]));
  const missing = columns.find((column) => !found.includes(column));
  const stranger = found.find((column, i) => !classOf.has(column) || found.indexOf(column) !== i);
  if (missing === undefined && stranger === undefined) return found.map((column) => classOf.get(column)!);
  const what =
    missing === undefined
      ? `the column ${quoted(stranger!, 60)} ${classOf.has(stranger!) ? 'twice' : 'too'}`
      : `none ${quoted(missing, 60)}`;
  throw new UserError(
    `${name}:1: expected a column of probabilities for each class, ${printable(columns.join(', '), 200)}, got ${what}. ` +
      'Correct `classes` or `submission.probabilities` of the competition, or put the right file there.',
  );
}

export interface ProbabilityRows {
  readonly ids: readonly string[];
  /** f64[ids × classes], as they are written: rows need not sum to 1. */
  readonly probabilities: Float64Array;
  /** The class of each column of the file; the other one of two for a file with one column. */
  readonly order: readonly number[];
}

const NUMBER = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Reads a table with an id, and with probabilities of each class or of one.
 * @param name what messages call it
 * @param id name of the first column
 * @param label name of the only other one, for a form of one class
 * @param classes names of the columns of all classes
 * @throws UserError naming file and line for what is no probability, and as `classesOfColumns`
 */
export function parseProbabilities(
  name: string,
  text: string,
  { id, label, classes, form }: { id: string; label: string; classes: number; form: ProbabilityForm },
): ProbabilityRows {
  const { header, rows } = parseTable(name, text, 'of' in form ? [[id, label]] : null, wideBounds);
  const order = 'of' in form ? [form.of] : classesOfColumns(name, expectId(name, header, id).slice(1), form.columns);
  const ids = new Map<string, number>();
  const probabilities = new Float64Array(rows.length * classes);
  for (const [row, { cells, line }] of rows.entries()) {
    const fail = (what: string): never => {
      throw new UserError(`${name}:${line}: ${what}. Correct that line.`);
    };
    const earlier = ids.get(cells[0]);
    if (cells[0] === '') fail(`expected \`${id}\` to be a text, got nothing`);
    if (earlier !== undefined) fail(`expected every id once, got ${quoted(cells[0], 60)} as on line ${earlier}`);
    ids.set(cells[0], line);
    let sum = 0;
    for (const [i, k] of order.entries()) {
      const cell = cells[i + 1].trim();
      const value = NUMBER.test(cell) ? Number(cell) : NaN;
      if (!(value >= 0 && value <= 1)) {
        fail(`expected \`${header[i + 1]}\` to be a probability from 0 to 1, got ${quoted(cells[i + 1], 40)}`);
      }
      probabilities[row * classes + k] = value;
      sum += value;
    }
    if ('of' in form) probabilities[row * classes + (1 - form.of)] = 1 - sum;
    else if (sum === 0) fail('expected a probability above 0 for some class, got none');
  }
  return { ids: [...ids.keys()], probabilities, order };
}

function expectId(name: string, header: readonly string[], id: string): readonly string[] {
  if (header[0] === id) return header;
  throw new UserError(`${name}:1: expected the column \`${id}\` first, got ${quoted(header.join(), 60)}. Correct it.`);
}
