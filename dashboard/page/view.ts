/** The interface of a page. */
import type { Happening } from '../api.ts';
import { fill, h } from './dom.ts';
import { sentenceOf } from './ask.ts';

export interface View {
  /** Empty; the page fills it. */
  readonly root: HTMLElement;
  /** The query of the address, which keeps filters and sort orders. */
  readonly query: Query;
  /** Aborts when the user leaves the page. */
  readonly signal: AbortSignal;
  /** @param listener called with events until the user leaves the page */
  onChange(listener: (happening: Happening) => void): void;
}

export interface Page {
  /** Shows the page. If it throws before it is shown, the message appears in its place. */
  show(view: View): Promise<void>;
}

/** The query of the address. Changes appear in the address at once, and survive a reload. */
export interface Query {
  get(key: string): string | null;
  all(key: string): readonly string[];
  /** Null removes the key. */
  set(key: string, value: string | readonly string[] | null): void;
}

export const pageQuery: Query = {
  get: (key) => new URLSearchParams(location.search).get(key),
  all: (key) => new URLSearchParams(location.search).getAll(key),
  set(key, value) {
    const query = new URLSearchParams(location.search);
    query.delete(key);
    for (const part of value === null ? [] : [value].flat()) query.append(key, part);
    const words = query.toString();
    history.replaceState(null, '', words === '' ? location.pathname : `${location.pathname}?${words}`);
  },
};

/** How long changes are collected before the page asks for the new state. */
const GATHER_MS = 250;
const LONGEST_GATHER_MS = 10_000;
/** Shortest pause as a multiple of the last update's duration, so that a live page leaves most of a core to others. */
const PAUSE = 9;

/**
 * Runs the work now and after each relevant event, one run at a time.
 * @param concerns tells whether an event is relevant; `reset` always is
 */
export async function keepFresh(
  view: View,
  concerns: (happening: Happening) => boolean,
  work: () => Promise<void>,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let tookMs = 0;
  const timed = async (): Promise<void> => {
    const began = performance.now();
    await work();
    tookMs = performance.now() - began;
  };
  let running = timed();
  view.onChange((happening) => {
    if (happening.kind !== 'reset' && !concerns(happening)) return;
    timer ??= setTimeout(
      () => {
        timer = undefined;
        running = running.then(timed).catch((error: unknown) => {
          if (!view.signal.aborted) console.warn(sentenceOf(error));
        });
      },
      Math.min(Math.max(GATHER_MS, PAUSE * tookMs), LONGEST_GATHER_MS),
    );
  });
  await running;
}

/** A panel with a heading. */
export function panel(title: string, ...children: readonly (Node | string | null)[]): HTMLElement {
  return h('section', { class: 'panel', 'aria-label': title }, h('h2', {}, title), ...children);
}

/** A panel that takes the whole width of the page. */
export function widePanel(title: string, ...children: Parameters<typeof panel>[1][]): HTMLElement {
  const element = panel(title, ...children);
  element.classList.add('wide');
  return element;
}

/** The column that a page's table is sorted by, which the address keeps. @param usual where it names none */
export const sortedBy = (
  query: Query,
  usual: string,
  draw: () => unknown,
): { readonly sort: string; readonly onSort: (sort: string) => void } => ({
  sort: query.get('sort') ?? usual,
  onSort: (sort) => {
    query.set('sort', sort);
    void draw();
  },
});

/** A list of sentences about what could not be read. It is hidden while it is empty. */
export function problemList(): { readonly element: HTMLElement; tell(sentences: readonly string[]): void } {
  const element = h('div', { class: 'problem', role: 'alert', hidden: true });
  return {
    element,
    tell(sentences) {
      element.hidden = sentences.length === 0;
      fill(element, ...sentences.map((sentence) => h('p', {}, sentence)));
    },
  };
}

/** A paragraph in place of missing content. */
export const remark = (text: string): HTMLElement => h('p', { class: 'remark' }, text);
