/** Draw: predictions of networks while an image is drawn. The networks run in the browser, with our kernels. */
import kernels from '#kernels.wasm?url';
import type { NetworksAnswer, RunsAnswer, RunSummary } from '../../api.ts';
import { ask, RefusedError, sentenceOf } from '../ask.ts';
import { fill, h, select } from '../dom.ts';
import { createEngine } from '../draw/engine.ts';
import { drawingPanel } from '../draw/panel.ts';
import { type Page, problemList, remark } from '../view.ts';

const NONE = '';

export const page: Page = {
  async show(view) {
    const { root, query, signal } = view;
    const lead = h(
      'p',
      { class: 'lead' },
      'One network, and all networks of a run together, while you draw. They run in this browser; nothing is sent.',
    );
    const problems = problemList();
    const controls = h('div', { class: 'toolbar' });
    const { runs } = await ask<RunsAnswer>('/api/runs', {}, signal);
    const title = h('div', { class: 'title' }, h('h1', {}, 'Draw'), lead);
    if (runs.length === 0) {
      root.append(title, remark('No runs yet. The command submit makes some; then draw here.'));
      return;
    }
    const engine = createEngine(
      () => new Worker(new URL('../draw/worker.ts', import.meta.url), { type: 'module' }),
      async () => (await fetch(kernels)).arrayBuffer(),
    );
    signal.addEventListener('abort', () => engine.close());
    const panel = drawingPanel(engine);
    const answers = new Map<string, NetworksAnswer>();
    root.append(title, problems.element, controls, panel.element);

    const drawControls = (first: RunSummary, second: RunSummary | undefined): void => {
      const words = ({ name, configuration }: RunSummary): string => `${configuration.competition}: ${name}`;
      const mates = runs.filter((run) => isMate(run, first) && run !== first);
      fill(
        controls,
        select(
          'Run',
          runs.map((run) => [run.id, words(run)] as const),
          first.id,
          (id) => choose([id]),
        ),
        select(
          'Beside it',
          [[NONE, 'none'] as const, ...mates.map((run) => [run.id, run.name] as const)],
          second?.id ?? NONE,
          (id) => choose([first.id, id === NONE ? 'none' : id]),
        ),
      );
    };
    const choose = (ids: readonly string[]): void => {
      query.set('run', ids);
      void open();
    };
    const open = async (): Promise<void> => {
      const { first, second } = chosenOf(runs, query.all('run'));
      drawControls(first, second);
      try {
        const wanted = [first, ...(second ? [second] : [])];
        for (const { id } of wanted) {
          if (!answers.has(id)) answers.set(id, await ask<NetworksAnswer>('/api/run/networks', { id }, signal));
        }
        // The choice has changed meanwhile.
        if (chosenOf(runs, query.all('run')).first !== first) return;
        await panel.show(wanted.map(({ id }) => answers.get(id)!)).catch((error: unknown) => {
          throw new RefusedError(error instanceof Error ? error.message : String(error));
        });
        problems.tell([]);
      } catch (error) {
        if (!signal.aborted) problems.tell([sentenceOf(error)]);
      }
    };
    await open();
  },
};

const isMate = (run: RunSummary, other: RunSummary): boolean =>
  run.configuration.competition === other.configuration.competition;

/** The runs in the address; by default the newest run, and the newest run of another method. */
function chosenOf(runs: readonly RunSummary[], named: readonly string[]): { first: RunSummary; second?: RunSummary } {
  const first = runs.find(({ id }) => id === named[0]) ?? runs[0];
  const mates = runs.filter((run) => isMate(run, first) && run !== first);
  if (named.length > 1) return { first, second: mates.find(({ id }) => id === named[1]) };
  const methodOf = ({ configuration }: RunSummary): string => configuration.method;
  const wanted = methodOf(first) === 'plain' ? 'swa' : 'plain';
  const second =
    mates.find((run) => methodOf(run) === wanted) ?? mates.find((run) => methodOf(run) !== methodOf(first));
  return { first, second };
}
