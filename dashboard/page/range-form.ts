/** A form that sets a range of an axis of the parallel coordinates by numbers. */
import { fill, h, select } from './dom.ts';
import type { Range } from './trials.ts';

/** An axis on which a range can be set. */
export interface Axis {
  readonly name: string;
  /** What people read in place of the name. */
  readonly title: string;
  /** How many times its values people read: 100 where they are in percent. */
  readonly factor: number;
  readonly low: number;
  readonly high: number;
  /** Names of the choices at 0, 1, 2 …; null for a numeric axis. */
  readonly choices: readonly string[] | null;
}

export interface RangeForm {
  readonly element: HTMLElement;
  /** Sets the axes. Typed text stays while the names are the same. */
  offer(axes: readonly Axis[]): void;
}

/** @param onRange called with a range whose ends are sorted */
export function rangeForm(onRange: (range: Range) => void): RangeForm {
  const element = h('div', {});
  let shown = '';
  const draw = (axes: readonly Axis[], chosen: Axis): void => {
    const { name, title, factor, low, high, choices } = chosen;
    const end = (label: string, value: number): HTMLInputElement =>
      h('input', {
        type: 'number',
        step: 'any',
        required: true,
        value: Number((factor * value).toPrecision(6)),
        'aria-label': label,
      });
    const [from, to] = [end(`From, ${title}`, low), end(`To, ${title}`, high)];
    let choice = '0';
    const ends = (): readonly number[] =>
      choices === null ? [from, to].map((input) => Number(input.value) / factor) : [Number(choice), Number(choice)];
    const one = select(
      'is',
      (choices ?? []).map((words, at) => [String(at), words] as const),
      choice,
      (at) => (choice = at),
    );
    fill(
      element,
      h(
        'form',
        {
          class: 'toolbar range',
          'aria-label': 'Filter by a range',
          onsubmit: (event) => {
            event.preventDefault();
            const [first, last] = ends().toSorted((a, b) => a - b);
            onRange({ name, low: first, high: last });
          },
        },
        select(
          'Filter by',
          axes.map((axis) => [axis.name, axis.title] as const),
          name,
          (other) => draw(axes, axes.find((axis) => axis.name === other) ?? chosen),
        ),
        ...(choices === null ? [from, h('span', { 'aria-hidden': 'true' }, '…'), to] : [one]),
        h('button', { type: 'submit', 'data-key': 'range' }, 'Filter'),
      ),
    );
  };
  return {
    element,
    offer(axes) {
      const names = JSON.stringify(axes.map(({ title }) => title));
      if (names === shown) return;
      shown = names;
      if (axes.length === 0) fill(element);
      else draw(axes, axes[0]);
    },
  };
}
