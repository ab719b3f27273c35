/** A table of the probabilities of several networks. */
import { points } from '../../../base/format.ts';
import { fill, h } from '../dom.ts';

export interface Column {
  readonly title: string;
  /** What the column shows, in a few words. */
  readonly about: string;
  /** Whether its prediction is also announced in words. */
  readonly isSaid: boolean;
}

export interface Results {
  readonly element: HTMLElement;
  /** Starts a table for these networks. */
  begin(columns: readonly Column[], classes: readonly string[]): void;
  /** Marks the shown probabilities as those of an earlier image. */
  setBusy(isBusy: boolean): void;
  /** @param probabilities f32[classes] of each column; null where nothing is drawn */
  show(probabilities: readonly Float32Array[] | null): void;
}

/** If there are more classes, the most probable ones by the last column are shown. */
const MOST_CLASSES = 20;
const SHOWN_OF_MANY = 10;
/** Screen readers hear the prediction after the pen has rested this long. */
const REST_MS = 700;

export function createResults(): Results {
  const body = h('tbody', {});
  const head = h('thead', {});
  const table = h(
    'table',
    { class: 'probabilities' },
    h('caption', {}, 'Probability of each class, in percent'),
    head,
    body,
  );
  const said = h('p', { class: 'answer', role: 'status' });
  const element = h(
    'div',
    { class: 'results' },
    said,
    h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Probabilities' }, table),
  );
  let columns: readonly Column[] = [];
  let classes: readonly string[] = [];
  let cells: { readonly bar: HTMLElement; readonly number: HTMLElement; readonly cell: HTMLElement }[][] = [];
  let names: HTMLElement[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  const say = (text: string): void => {
    clearTimeout(timer);
    timer = setTimeout(() => (said.textContent = text), said.textContent === '' ? 0 : REST_MS);
  };
  return {
    element,
    begin(now, named) {
      [columns, classes] = [now, named];
      const rows = classes.length > MOST_CLASSES ? SHOWN_OF_MANY : classes.length;
      fill(
        head,
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, 'Class'),
          ...columns.map(({ title, about }) =>
            h('th', { scope: 'col' }, title, h('span', { class: 'muted about' }, about)),
          ),
        ),
      );
      names = [];
      cells = [];
      fill(
        body,
        ...Array.from({ length: rows }, (_, row) => {
          const name = h('th', { scope: 'row' }, classes[row]);
          names.push(name);
          const ofRow = columns.map(() => {
            const bar = h('span', { class: 'share' });
            const number = h('span', { class: 'value' }, '–');
            return { bar, number, cell: h('td', {}, h('span', { class: 'share-place' }, bar), number) };
          });
          cells.push(ofRow);
          return h('tr', {}, name, ...ofRow.map(({ cell }) => cell));
        }),
      );
      said.textContent = '';
    },
    setBusy(isBusy) {
      if (isBusy) element.setAttribute('aria-busy', 'true');
      else element.removeAttribute('aria-busy');
    },
    show(probabilities) {
      const last = probabilities?.at(-1);
      const order = [...classes.keys()];
      if (classes.length > MOST_CLASSES && last) order.sort((a, b) => last[b] - last[a]);
      const best = probabilities?.map(largestAt);
      for (const [row, ofRow] of cells.entries()) {
        const k = order[row];
        names[row].textContent = classes[k];
        for (const [column, { bar, number, cell }] of ofRow.entries()) {
          const value = probabilities?.[column][k];
          bar.style.width = `${100 * (value ?? 0)}%`;
          number.textContent = value === undefined ? '–' : points(value, 1);
          cell.classList.toggle('best', best?.[column] === k);
        }
      }
      say(
        probabilities === null || best === undefined
          ? 'Nothing is drawn yet.'
          : [...columns.keys()]
              .filter((i) => columns[i].isSaid)
              .map((i) => `${columns[i].title}: ${classes[best[i]]} (${points(probabilities[i][best[i]], 1)} %)`)
              .join('; '),
      );
    },
  };
}

/** Index of the first maximum. */
function largestAt(values: Float32Array): number {
  let best = 0;
  for (let k = 1; k < values.length; k += 1) if (values[k] > values[best]) best = k;
  return best;
}
