/** What a list is searched for: the address keeps it. */
import { h } from './dom.ts';
import type { Query } from './view.ts';

const DELAY_MS = 150;

/** A search field that waits until one has stopped typing. */
export function searchField(query: Query, onChange: () => void): HTMLLabelElement {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const input = h('input', {
    type: 'search',
    value: query.get('search') ?? '',
    oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        query.set('search', input.value === '' ? null : input.value);
        onChange();
      }, DELAY_MS);
    },
  });
  return h('label', { class: 'field' }, h('span', {}, 'Search'), input);
}

/** Whether one of the texts holds what is searched for, in capitals or not. */
export function isFound(query: Query, texts: readonly string[]): boolean {
  const wanted = (query.get('search') ?? '').toLowerCase();
  return texts.some((text) => text.toLowerCase().includes(wanted));
}
