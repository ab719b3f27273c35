/** Light or dark appearance: that of the system, unless the user chooses. */

export type Appearance = 'light' | 'dark';

const KEY = 'appearance';
const system = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<(appearance: Appearance) => void>();

const chosen = (): Appearance | null => {
  const kept = localStorage.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : null;
};

let isPrinting = false;

/** Paper is light. */
export const appearance = (): Appearance => (isPrinting ? 'light' : (chosen() ?? (system.matches ? 'dark' : 'light')));

/** Switches between light and dark. A choice that equals the system's is not kept. */
export function toggleAppearance(): void {
  const other = appearance() === 'dark' ? 'light' : 'dark';
  if (other === (system.matches ? 'dark' : 'light')) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, other);
  apply();
}

/** Whether the page is about to be printed, and has the width of the paper. */
export function whilePrinting(isNow: boolean): void {
  isPrinting = isNow;
  document.documentElement.toggleAttribute('data-printing', isNow);
  apply();
}

/** @param listener called with every change until the signal */
export function onAppearance(listener: (appearance: Appearance) => void, signal?: AbortSignal): void {
  listeners.add(listener);
  signal?.addEventListener('abort', () => listeners.delete(listener));
}

/** Sets the appearance on the root element, for the style sheet. */
export function apply(): void {
  document.documentElement.dataset.appearance = appearance();
  for (const listener of listeners) listener(appearance());
}

system.addEventListener('change', apply);
