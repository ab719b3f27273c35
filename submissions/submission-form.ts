/** Checks the text of a submission: its encoding, its form, and the sums of its probabilities. */
import { isUtf8 } from 'node:buffer';
import { integer } from '../base/format.ts';
import { printable, quoted } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import type { Competition } from '../data/index.ts';
import { csvCell } from './csv-cell.ts';
import type { SubmissionBytes } from './submission-bytes.ts';
import type { Submission } from './submission.ts';

const LINE_FEED = 0x0a;

/** The text of a CSV. @throws UserError naming the first line that is not UTF-8 */
export function utf8Of({ name, csv }: SubmissionBytes): string {
  const lineOf = (offset: number): number => csv.subarray(0, offset).filter((byte) => byte === LINE_FEED).length + 1;
  const zero = csv.indexOf(0);
  const isUtf16 = csv.length >= 2 && ['fffe', 'feff'].includes(csv.toString('hex', 0, 2));
  if (isUtf16 || zero >= 0) {
    const found = isUtf16 ? 'UTF-16, as PowerShell writes it' : `a zero byte in line ${lineOf(zero)}`;
    throw new UserError(`${name}: expected a CSV in UTF-8, got ${found}. Save it as UTF-8.`);
  }
  for (let start = 0; start < csv.length;) {
    const end = csv.indexOf(LINE_FEED, start) + 1 || csv.length;
    if (!isUtf8(csv.subarray(start, end))) {
      throw new UserError(`${name}:${lineOf(start)}: expected a CSV in UTF-8, got other bytes. Save it as UTF-8.`);
    }
    start = end;
  }
  return csv.toString();
}

/**
 * Warns of lines that not every program reads as the same values: quotes, `07` for 7, a byte-order mark, blank lines.
 * Line ends of Windows are accepted, and so is a last line without an end.
 */
export function formWarningOf(text: string, usual: string): string | null {
  const lines = text.replaceAll('\r\n', '\n').replace(/\n$/, '').split('\n');
  const written = new Set(usual.split('\n'));
  const line = lines.findIndex((one) => one === '' || !written.has(one));
  if (line === -1) return null;
  return unusualLine(line, lines[line]);
}

/** @throws UserError for labels if the competition wants probabilities, and the other way round */
export function expectWantedForm(
  { submission: { probabilities: form }, id }: Competition,
  name: string,
  found: Submission,
): void {
  if ((form !== undefined) === (found.probabilities !== undefined)) return;
  const [wanted, got] = form === undefined ? ['labels', 'probabilities'] : ['probabilities', 'labels'];
  throw new UserError(
    `${name}: expected ${wanted}, as ${id} wants them, got ${got}. Name a submission to this competition.`,
  );
}

/** Like `formWarningOf`, for lines of numbers, which may be written in several ways. */
export function numbersWarningOf(text: string, ids: readonly string[]): string | null {
  const lines = text.replaceAll('\r\n', '\n').replace(/\n$/, '').split('\n').slice(1);
  const line = lines.findIndex((one, row) => {
    const beginning = `${csvCell(ids[row] ?? '')},`;
    return !one.startsWith(beginning) || !/^[\d.e+,-]+$/i.test(one.slice(beginning.length));
  });
  return line === -1 ? null : unusualLine(line + 1, lines[line]);
}

const unusualLine = (line: number, content: string): string =>
  `Line ${line + 1} is ${quoted(content, 60)}: Kaggle may read it otherwise than header, ids and values without ` +
  'quotes, leading zeros, blank lines and byte-order marks.';

/** Tolerance for sums of probabilities that are written with few digits. */
const SUM_TOLERANCE = 1e-3;

/** Warnings about probabilities, which are sent as they are. */
export function probabilityWarnings(
  { metric, classes, submission }: Competition,
  { ids, probabilities }: Submission,
): string[] {
  if (!probabilities) return [];
  const size = classes.length;
  const [apart, zero]: [string[], string[]] = [[], []];
  for (const [row, id] of ids.entries()) {
    const values = Array.from(probabilities.subarray(row * size, (row + 1) * size));
    if (Math.abs(values.reduce((sum, value) => sum + value, 0) - 1) > SUM_TOLERANCE) apart.push(id);
    if (values.includes(0)) zero.push(id);
  }
  const rows = ({ length }: readonly string[]): string => `${integer(length)} of ${integer(ids.length)} rows`;
  const hasSums = submission.probabilities !== undefined && 'columns' in submission.probabilities;
  return [
    ...(hasSums && apart.length > 0
      ? [`The probabilities of ${rows(apart)} do not sum to 1, for example those of ${printable(apart[0])}.`]
      : []),
    ...(metric === 'log-loss' && zero.length > 0
      ? [`A class has probability 0 in ${rows(zero)}, which log loss punishes most if it is the right one.`]
      : []),
  ];
}
