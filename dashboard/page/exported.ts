/** The exported page: one file that shows the predictions of networks for a drawing. */
// oxlint-disable-next-line import/no-unassigned-import -- the build gathers styles
import './style.css';
import type { NetworksAnswer } from '../api.ts';
import { h } from './dom.ts';
import { createEngine } from './draw/engine.ts';
import { drawingPanel } from './draw/panel.ts';
import DrawWorker from '#draw-worker?inline';

/** The data that the export has put into the page, as JSON. */
export interface Enclosed {
  readonly runs: readonly NetworksAnswer[];
  /** The module of kernels in base 64. */
  readonly kernels: string;
}

const { runs, kernels }: Enclosed = JSON.parse(document.querySelector('#enclosed')!.textContent);
const names = runs.map(({ name }) => name).join(' and ');
const dark = matchMedia('(prefers-color-scheme: dark)');
const adapt = (): void => {
  document.documentElement.dataset.appearance = dark.matches ? 'dark' : 'light';
};
adapt();
dark.addEventListener('change', adapt);
document.title = `${names} · wide-optima`;

const bytesOf = (text: string): ArrayBuffer => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
const panel = drawingPanel(
  createEngine(
    () => new DrawWorker(),
    async () => bytesOf(kernels),
  ),
);
const problem = h('p', { class: 'problem', role: 'alert' });
document.body.append(
  h(
    'main',
    { class: 'page' },
    h(
      'div',
      { class: 'title' },
      h('h1', {}, `Draw for ${names}`),
      h(
        'p',
        { class: 'lead' },
        `Networks of ${runs[0].competition}, trained with wide-optima. They are in this file and run in your browser; nothing is loaded or sent.`,
      ),
    ),
    problem,
    panel.element,
  ),
);
panel.show(runs).catch((error: unknown) => {
  problem.textContent = error instanceof Error ? error.message : String(error);
});
