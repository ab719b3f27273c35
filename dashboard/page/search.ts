/** The search text of a list, which the address keeps. */
import { field, h } from './dom.ts';
import type { Query } from './view.ts';

const DELAY_MS = 150;

/** A search field that reacts when typing has stopped. */
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
  return field('Search', input);
}

/** Whether one of the texts contains the search text. Case is ignored. */
export function isFound(query: Query, texts: readonly string[]): boolean {
  const wanted = (query.get('search') ?? '').toLowerCase();
  return texts.some((text) => text.toLowerCase().includes(wanted));
}
