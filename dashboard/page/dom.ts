/** Creates elements in one expression. Texts become text nodes, so that data are never parsed as HTML. */

import { localTime } from '../../base/format.ts';
import { visible } from '../../base/printable.ts';

export type Child = Node | string | null;

/** Makes control characters visible, such as those that reverse the direction of text. */
const shown = (children: readonly Child[]): (Node | string)[] =>
  children.flatMap((child) => (child === null ? [] : typeof child === 'string' ? visible(child) : child));

type Attribute = string | number | boolean | null | ((event: Event) => void);

/**
 * An element with attributes and children.
 *
 *     h('button', { class: 'quiet', onclick: () => save() }, 'Save')
 *
 * @param attributes `false` and null leave an attribute out, `true` sets it empty; functions listen to `on…`
 */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key.slice('on'.length), value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value !== null) element.setAttribute(key, String(value));
  }
  for (const child of shown(children)) element.append(child);
  return element;
}

/** A text in a table that may take several lines where there is no room for one. */
export const brief = (text: string): HTMLElement => h('span', { class: 'brief' }, text);

/** A time in a table: the day may stand over the hour. */
export const briefTime = (iso: string | null): HTMLElement => brief(localTime(iso).replace(/ (?=[+-])/, '\u00A0'));

/** An input with its label. */
export const field = (label: string, input: HTMLElement): HTMLLabelElement =>
  h('label', { class: 'field' }, h('span', {}, label), input);

/** A drop-down with its label. It asks to choose one if `chosen` is none of them, which may be gone. */
export function select<Value extends string>(
  label: string,
  options: readonly (readonly [value: Value, text: string])[],
  chosen: string,
  onChoice: (value: Value) => void,
): HTMLLabelElement {
  const choices = options.map(([value, words]) => h('option', { value, selected: value === chosen }, words));
  const isKnown = options.some(([value]) => value === chosen);
  const list = h(
    'select',
    { 'data-key': `field ${label}`, onchange: () => onChoice(list.value as Value) },
    isKnown ? null : h('option', { value: '', selected: true, disabled: true }, 'choose one'),
    ...choices,
  );
  return field(label, list);
}

export function checkbox(label: string, isChecked: boolean, onChange: (isChecked: boolean) => void): HTMLLabelElement {
  const box = h('input', {
    type: 'checkbox',
    'data-key': `box ${label}`,
    checked: isChecked,
    onchange: () => onChange(box.checked),
  });
  return h('label', { class: 'check' }, box, h('span', {}, label));
}

/** A link within the dashboard: it opens without loading the page again. */
export function link(address: string, ...children: readonly Child[]): HTMLAnchorElement {
  return h('a', { href: address }, ...children);
}

/** The address of a page of the dashboard. */
export function addressOf(path: string, query: Readonly<Record<string, string>>): string {
  return `${path}?${new URLSearchParams(query).toString()}`;
}

/**
 * Replaces the children of an element. The focus stays if the new children have an element with the same `data-key`.
 */
export function fill(element: Element, ...children: readonly Child[]): void {
  const key = element.contains(document.activeElement) ? document.activeElement?.getAttribute('data-key') : null;
  element.replaceChildren(...shown(children));
  if (key !== null && key !== undefined) element.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus();
}
