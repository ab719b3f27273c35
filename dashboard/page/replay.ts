/** Replays a study when a button is pressed, and shows what came of it. */
import type { ReplayAnswer } from '../api.ts';
import { askLong, progressWords, sentenceOf } from './ask.ts';
import { fill, h } from './dom.ts';
import { remark, widePanel } from './view.ts';

const MEANING =
  'Computes every suggestion again from the seed and from the trials that each trial had seen, asks the pruner again, and compares both with the record.';

/** @param signal aborts when the page is left, which ends the computation */
export function replaySection(name: string, signal: AbortSignal): HTMLElement {
  let stop: AbortController | null = null;
  const said = h('div', { role: 'status' }, remark(MEANING));
  const button = h(
    'button',
    { type: 'button', onclick: () => (stop === null ? void replay() : stop.abort()) },
    'Replay',
  );
  const replay = async (): Promise<void> => {
    const own = new AbortController();
    stop = own;
    button.textContent = 'Stop';
    fill(said, remark('Reading the study …'));
    try {
      const { sentence, differences } = await askLong<ReplayAnswer>(
        '/api/study/replay',
        { name },
        AbortSignal.any([signal, own.signal]),
        (progress) => fill(said, remark(progressWords(progress))),
      );
      fill(said, h('p', {}, sentence), ...differences.map((difference) => h('p', { class: 'problem' }, difference)));
    } catch (error) {
      fill(said, own.signal.aborted ? remark(`Stopped. ${MEANING}`) : remark(sentenceOf(error)));
    } finally {
      stop = null;
      button.textContent = 'Replay';
    }
  };
  return widePanel('Replay', h('div', { class: 'toolbar' }, button), said);
}
