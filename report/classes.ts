/** Tables of scores by class. */
import { integer, NOTHING, percent, points } from '../base/format.ts';
import type { ClassMeasures, ClassReport } from '../submissions/index.ts';
import type { CaptionedTable } from './report.ts';

const SHOWN_PAIRS = 20;

/** Precision, recall and F1 of each class, and the most confused pairs of classes. */
export function classTables(
  where: string,
  { images, classes, macro, weighted, confused }: ClassReport,
): CaptionedTable[] {
  const measures = ({ precision, recall, f1 }: ClassMeasures): string[] =>
    [precision, recall, f1].map((value) => (value === null ? NOTHING : points(value)));
  const pairs = confused.slice(0, SHOWN_PAIRS);
  return [
    {
      caption: `Classes ${where}, in percent (${NOTHING}: nothing to divide by, as where a class is never predicted)`,
      header: ['class', 'images', 'predicted', 'precision', 'recall', 'F1'],
      rows: [
        ...classes.map((one) => [one.name, integer(one.support), integer(one.predicted), ...measures(one)]),
        ['mean over classes', '', '', ...measures(macro)],
        ['mean over images', integer(images), integer(images), ...measures(weighted)],
      ],
    },
    ...(pairs.length === 0
      ? []
      : [
          {
            caption: `The ${pairs.length} most often confused pairs ${where}, of ${integer(confused.length)}`,
            header: ['true → predicted', 'images', 'share of the true class'],
            rows: pairs.map(({ truth, predicted, count, share }) => [
              `${truth} → ${predicted}`,
              integer(count),
              percent(share, 1),
            ]),
          },
        ]),
  ];
}
