/** The contract of a page: what it is given, and how it is found. */
import type { Happening } from '../api.ts';
import { fill, h } from './dom.ts';
import { sentenceOf } from './ask.ts';

export interface View {
  /** Empty; the page fills it. */
  readonly root: HTMLElement;
  /** What the address says after `?`; filters and orders are kept there. */
  readonly query: Query;
  /** When the page is left. */
  readonly signal: AbortSignal;
  /** @param listener called until the page is left */
  onChange(listener: (happening: Happening) => void): void;
}

export interface Page {
  /** Shows the page. What it awaits for its first look it may throw: the sentence is then shown in its place. */
  show(view: View): Promise<void>;
}

/** The part of the address that a page owns. Changes are seen in the address at once, and survive a reload. */
export interface Query {
  get(key: string): string | null;
  all(key: string): readonly string[];
  /** Null takes the key away. */
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

/** How long changes are gathered before the page asks for what is new: longer where that takes long, up to a bound. */
const GATHER_MS = 250;
const LONGEST_GATHER_MS = 10_000;
/** In times that the last look took: a page that is live leaves most of a core to others. */
const PAUSE = 9;

/**
 * Runs the work now, and again whenever something of interest happened, one at a time.
 * @param concerns whether the happening is of interest; `reset` always is
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

/** A list with a sentence for each thing that could not be read; hidden while it is empty. */
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

/** Something to be read while there is nothing to be seen. */
export const remark = (text: string): HTMLElement => h('p', { class: 'remark' }, text);
