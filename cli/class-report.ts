/** How well each class is told from the others, in the terminal. */
import { counted, integer, NOTHING, percent, points } from '../base/format.ts';
import { printable } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import {
  type ClassMeasures,
  type ClassReport,
  classReports,
  type ClassReports,
  outOfFold,
  worstClasses,
} from '../submissions/index.ts';
import type { Progress } from './progress.ts';
import { table } from './table.ts';

/** Where there are more classes, the worst are shown: `--json` has all. */
const SHOWN_CLASSES = 20;
const SHOWN_PAIRS = 10;

/** The reports of a run's classes, or why there are none: its images may be gone, and the rest is still to be seen. */
export async function classesOf(
  folder: string,
  options: { readonly dataDir: string | undefined; readonly solutionFile: string | undefined },
  progress: Progress,
): Promise<ClassReports | { readonly problem: string }> {
  progress.note('Looking at the out-of-fold predictions.');
  try {
    return await classReports(await outOfFold(folder, options), options);
  } catch (error) {
    // Answers that somebody named are not passed over.
    if (error instanceof UserError && options.solutionFile === undefined) return { problem: error.message };
    throw error;
  }
}

/** Tables of both reports, and what they do not show. */
export const classReportText = (reports: ClassReports): string =>
  [
    reportText('Classes out of fold', reports.outOfFold),
    ...(reports.test === null ? [] : [reportText('Classes of the test images', reports.test)]),
    ...(reports.problem === null ? [] : [`Classes of the test images: not shown. ${reports.problem}`]),
    `Precision, recall and F1 in percent, means over the classes that have a value. ${UNDEFINED}`,
  ].join('\n\n');

/** What the sign in place of a number says. */
const UNDEFINED = `${NOTHING}: there is nothing to divide by, as for the precision of a class that is never predicted.`;

function reportText(title: string, report: ClassReport): string {
  const { images, classes, macro, weighted, confused } = report;
  const shown = worstClasses(report, SHOWN_CLASSES);
  const left = classes.length - shown.length;
  const cells = ({ precision, recall, f1 }: ClassMeasures): string[] => [precision, recall, f1].map(measureText);
  const rows = [
    ...shown.map((one) => [printable(one.name), integer(one.support), integer(one.predicted), ...cells(one)]),
    ['mean over classes', '', '', ...cells(macro)],
    ['mean over images', integer(images), integer(images), ...cells(weighted)],
  ];
  const which = left === 0 ? '' : `, the ${shown.length} with the lowest F1 of ${classes.length}; --json has all`;
  return [
    `${title}${which}`,
    table(['class', 'images', 'predicted', 'precision', 'recall', 'F1'], rows, 'lrrrrr'),
    ...(confused.length === 0 ? ['No image was taken for another class.'] : [pairText(report)]),
  ].join('\n');
}

function pairText({ confused }: ClassReport): string {
  const pairs = confused
    .slice(0, SHOWN_PAIRS)
    .map(
      ({ truth, predicted, count, share }) =>
        `${printable(truth)} → ${printable(predicted)}: ${integer(count)} (${percent(share, 1)})`,
    );
  const all = confused.length > SHOWN_PAIRS ? ` of ${counted(confused.length, 'pair')}` : '';
  return `Most often confused${all} (true → predicted: images, share of the true class):\n  ${pairs.join('; ')}`;
}

const measureText = (value: number | null): string => (value === null ? NOTHING : points(value));
