/** Prints a page whole: what waits to be seen is drawn first, and all of it in light. */
import { whilePrinting } from './appearance.ts';

const parts = new Set<() => Promise<void>>();

/** @param draw what a part of the page does before it is printed, until the signal */
export function drawBeforePrint(draw: () => Promise<void>, signal: AbortSignal): void {
  parts.add(draw);
  signal.addEventListener('abort', () => parts.delete(draw));
}

export async function printPage(): Promise<void> {
  await Promise.all([...parts].map((draw) => draw()));
  print();
}

/** Tables that are wider than the paper are made smaller. */
function fitTables(isNow: boolean): void {
  for (const box of document.querySelectorAll<HTMLElement>('.scroll')) {
    const table = box.querySelector('table');
    if (table === null) continue;
    table.style.zoom = '';
    if (isNow && table.offsetWidth > box.clientWidth) table.style.zoom = String(box.clientWidth / table.offsetWidth);
  }
}

function dress(isNow: boolean): void {
  whilePrinting(isNow);
  fitTables(isNow);
}

/** Also what the menu of the browser prints is light, and fits the paper; `whenIdle` has drawn what was not seen. */
addEventListener('beforeprint', () => dress(true));
addEventListener('afterprint', () => dress(false));
addEventListener('keydown', (event) => {
  if (event.key.toLowerCase() !== 'p' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  event.preventDefault();
  void printPage();
});
