/** Precision and recall of each class as a sortable table, and the confused pairs of classes. */
import { counted, integer, NOTHING, percent, points } from '../../base/format.ts';
import type { ClassReport, ClassReports, ClassScores } from '../../submissions/index.ts';
import { numberColumn } from './columns.ts';
import { fill, h, select } from './dom.ts';
import { type Column, createTable, plainTable } from './table.ts';
import { remark, type View, widePanel } from './view.ts';

const SHOWN_PAIRS = 20;

export interface ClassPanel {
  readonly element: HTMLElement;
  show(reports: ClassReports): void;
  say(sentence: string): void;
}

export function classPanel({ query }: Pick<View, 'query'>): ClassPanel {
  const place = h('div', { class: 'classes' });
  const element = widePanel('Classes', place);
  const table = createTable<ClassScores>();

  const show = (reports: ClassReports): void => {
    const { outOfFold, test, problem } = reports;
    const isTest = test !== null && query.get('of') === 'test';
    const report = isTest ? test : outOfFold;
    const set = (key: string, value: string | null): void => {
      query.set(key, value);
      show(reports);
    };
    table.update(report.classes, {
      caption: 'Classes',
      columns,
      sort: query.get('classes') ?? '',
      onSort: (sort) => set('classes', sort),
      empty: 'There are no classes.',
    });
    fill(
      place,
      h(
        'div',
        { class: 'toolbar' },
        test === null
          ? null
          : select(
              'Images',
              [
                ['', 'out of fold'],
                ['test', 'test'],
              ],
              isTest ? 'test' : '',
              (value) => set('of', value || null),
            ),
        h('span', { class: 'muted' }, meansOf(report)),
      ),
      problem === null ? null : remark(`Test images are not shown. ${problem}`),
      table.element,
      pairTable(report),
    );
  };
  return { element, show, say: (sentence) => fill(place, remark(sentence)) };
}

const measure = (value: number | null): string => (value === null ? NOTHING : points(value));

const meansOf = ({ macro, weighted }: ClassReport): string =>
  `Means over classes: precision ${measure(macro.precision)}, recall ${measure(macro.recall)}, F1 ${measure(macro.f1)}; ` +
  `over images: F1 ${measure(weighted.f1)}. In percent; ${NOTHING} where a class was never predicted.`;

const columns: readonly Column<ClassScores>[] = [
  { id: 'class', title: 'Class', value: ({ name }) => name },
  numberColumn('images', 'Images', ({ support }) => support, integer),
  numberColumn('predicted', 'Predicted', ({ predicted }) => predicted, integer),
  numberColumn('precision', 'Precision', ({ precision }) => precision, measure),
  numberColumn('recall', 'Recall', ({ recall }) => recall, measure),
  numberColumn('f1', 'F1', ({ f1 }) => f1, measure),
];

function pairTable({ confused }: ClassReport): HTMLElement {
  if (confused.length === 0) return remark('No image was taken for another class.');
  const caption =
    confused.length <= SHOWN_PAIRS
      ? 'Confused pairs'
      : `The ${SHOWN_PAIRS} most often confused of ${counted(confused.length, 'pair')}`;
  const rows = confused
    .slice(0, SHOWN_PAIRS)
    .map(({ truth, predicted, count, share }) => [`${truth} → ${predicted}`, integer(count), percent(share, 1)]);
  return plainTable(caption, ['True → predicted', 'Images', 'Share of the true class'], rows, true);
}
