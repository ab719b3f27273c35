/** A table that is sorted by clicks on its headings, in a scrollable box. */
import { fill, h } from './dom.ts';
import { type SortColumn, sortRows } from './sort-rows.ts';

export interface Column<Row> extends SortColumn<Row> {
  readonly title: string;
  /** Content of the cell. Default: the value */
  readonly cell?: (row: Row) => Node | string;
  /** Numbers are aligned to the right. */
  readonly isNumeric?: boolean;
}

export interface TableOptions<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  /** Id of the column to sort by, with the prefix `-` for descending order. */
  readonly sort: string;
  readonly onSort: (sort: string) => void;
  /** Gives rows a checkbox. */
  readonly choice?: {
    readonly key: (row: Row) => string;
    readonly name: (row: Row) => string;
    readonly chosen: readonly string[];
    readonly onChoice: (chosen: readonly string[]) => void;
    /** Most selected rows; another one then replaces the first. Default: any number */
    readonly most?: number;
  };
  readonly rowClass?: (row: Row) => string | null;
  /** Text in place of rows. */
  readonly empty: string;
}

/** Rows that are shown at first. A button shows more. */
const SHOWN = 200;
/** Most rows. Browsers become slow with more. */
const MOST_SHOWN = 12_800;

export interface Table<Row> {
  readonly element: HTMLElement;
  update(rows: readonly Row[], options: TableOptions<Row>): void;
}

export function createTable<Row>(): Table<Row> {
  const element = h('div', { class: 'table' });
  let most = SHOWN;
  const update = (rows: readonly Row[], options: TableOptions<Row>): void => {
    const sorted = sortRows(rows, options.columns, options.sort);
    const box = element.querySelector('.scroll');
    const [left, top] = [box?.scrollLeft ?? 0, box?.scrollTop ?? 0];
    const more =
      sorted.length <= most
        ? null
        : most >= MOST_SHOWN
          ? h('p', { class: 'muted' }, `${most} of ${sorted.length} rows are shown: sort or filter to see others.`)
          : h(
              'button',
              {
                type: 'button',
                class: 'quiet',
                'data-key': 'more',
                onclick: () => {
                  most *= 4;
                  update(rows, options);
                },
              },
              `Show more: ${most} of ${sorted.length} rows are shown`,
            );
    fill(element, scrollBox(options.caption, tableOf(sorted.slice(0, most), options)), more);
    // Skipped at 0, since it forces a layout of the page.
    if (left > 0 || top > 0) element.querySelector('.scroll')?.scrollTo(left, top);
  };
  return { element, update };
}

/** A scrollable box, which the keyboard can reach. */
const scrollBox = (label: string, ...children: Node[]): HTMLElement =>
  h(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': `Table: ${label}`, tabindex: 0, 'data-key': `scroll ${label}` },
    ...children,
  );

/** A small table of texts. The first text of each row is its heading. @param isTitled whether the caption is visible */
export function plainTable(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly (Node | string)[])[],
  isTitled = false,
): HTMLElement {
  return scrollBox(
    caption,
    h(
      'table',
      { class: isTitled ? 'plain titled' : 'plain' },
      h('caption', {}, caption),
      h('thead', {}, h('tr', {}, ...head.map((title) => (title === '' ? h('td') : h('th', { scope: 'col' }, title))))),
      h(
        'tbody',
        {},
        ...rows.map(([first, ...others]) =>
          h('tr', {}, h('th', { scope: 'row' }, first), ...others.map((cell) => h('td', {}, cell))),
        ),
      ),
    ),
  );
}

function tableOf<Row>(rows: readonly Row[], options: TableOptions<Row>): HTMLTableElement {
  const { caption, columns, sort, onSort, choice, rowClass, empty } = options;
  const heading = ({ id, title, isNumeric }: Column<Row>): HTMLElement => {
    const order = sort === id ? 'ascending' : sort === `-${id}` ? 'descending' : null;
    const next = order === 'descending' ? id : order === 'ascending' || isNumeric ? `-${id}` : id;
    return h(
      'th',
      { scope: 'col', class: isNumeric ? 'number' : null, 'aria-sort': order ?? 'none' },
      h('button', { type: 'button', 'data-key': `sort ${id}`, onclick: () => onSort(next) }, title),
    );
  };
  const body = rows.map((row) =>
    h(
      'tr',
      { class: rowClass?.(row) ?? null },
      choice === undefined ? null : h('td', {}, tick(row, choice)),
      ...columns.map(({ value, cell, isNumeric }) =>
        h('td', { class: isNumeric ? 'number' : null }, cell?.(row) ?? String(value(row) ?? '')),
      ),
    ),
  );
  const span = columns.length + (choice === undefined ? 0 : 1);
  return h(
    'table',
    {},
    h('caption', {}, caption),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        choice === undefined ? null : h('th', { scope: 'col' }, h('span', { class: 'hidden' }, 'Choose')),
        ...columns.map(heading),
      ),
    ),
    h('tbody', {}, ...(body.length > 0 ? body : [h('tr', {}, h('td', { colspan: span, class: 'remark' }, empty))])),
  );
}

function tick<Row>(row: Row, { key, name, chosen, onChoice, most }: NonNullable<TableOptions<Row>['choice']>) {
  const id = key(row);
  return h('input', {
    type: 'checkbox',
    'aria-label': `Choose ${name(row)}`,
    'data-key': `choose ${id}`,
    checked: chosen.includes(id),
    onchange: () => {
      const others = chosen.filter((other) => other !== id);
      const now = others.length < chosen.length ? others : [...chosen, id];
      onChoice(most === undefined ? now : now.slice(-most));
    },
  });
}
