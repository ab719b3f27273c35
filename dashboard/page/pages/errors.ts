/** Wrong images: what the networks of a run still get wrong, with what helps to decide why. */
import { counted, integer, percent, points } from '../../../base/format.ts';
import { imageName } from '../../../base/image-name.ts';
import type { ErrorsAnswer, PicturedError, RunsAnswer } from '../../api.ts';
import { ask, askLong, progressWords, sentenceOf } from '../ask.ts';
import { fill, h, select } from '../dom.ts';
import { picture } from '../pictures.ts';
import { type Page, remark } from '../view.ts';

const ALL = 'all';
const suspects = ['label', 'image', 'network'] as const satisfies PicturedError['suspect'][];

export const page: Page = {
  async show({ root, query, signal }) {
    const lead = h('p', { class: 'lead' });
    const controls = h('div', { class: 'toolbar' });
    const list = h('div', { class: 'errors', 'aria-live': 'polite' });
    const { runs } = await ask<RunsAnswer>('/api/runs', {}, signal);
    root.append(h('div', { class: 'title' }, h('h1', {}, 'Wrong images'), lead), controls, list);
    if (runs.length === 0) {
      fill(list, remark('No runs yet. The command submit makes some.'));
      return;
    }
    let asked = '';
    const draw = (id: string, answer: ErrorsAnswer | null): void => {
      const only = query.get('points') ?? ALL;
      const looks = answer?.looks ?? [];
      const shown = looks.filter(({ suspect }) => only === ALL || suspect === only);
      const countOf = (one: string): number => looks.filter(({ suspect }) => suspect === one).length;
      fill(
        controls,
        select(
          'Run',
          runs.map((run) => [run.id, `${run.configuration.competition}: ${run.name}`] as const),
          id,
          (other) => {
            query.set('run', other);
            void show(other);
          },
        ),
        answer &&
          select(
            'Points to',
            [[ALL, 'all'] as const, ...suspects.map((one) => [one, `the ${one} (${countOf(one)})`] as const)],
            only,
            (one) => {
              query.set('points', one === ALL ? null : one);
              draw(id, answer);
            },
          ),
        answer && h('span', { class: 'muted count', role: 'status' }, countWords(answer, shown.length)),
      );
      if (answer === null) return;
      lead.textContent =
        'Out of fold, the surest first: the nearest training images, what other runs say, and what that points to. You decide.';
      fill(list, ...(shown.length === 0 ? [remark('There are none.')] : shown.map((look) => card(look, answer))));
    };
    const show = async (id: string): Promise<void> => {
      asked = id;
      draw(id, null);
      fill(list, remark('Predicting …'));
      try {
        const answer = await askLong<ErrorsAnswer>('/api/run/errors', { id }, signal, (progress) => {
          if (asked === id) fill(list, remark(progressWords(progress)));
        });
        if (asked === id) draw(id, answer);
      } catch (error) {
        if (!signal.aborted && asked === id) fill(list, remark(sentenceOf(error)));
      }
    };
    await show(query.get('run') ?? runs[0].id);
  },
};

function countWords({ images, wrong, looks, others }: ErrorsAnswer, shown: number): string {
  const all = `${counted(wrong, 'image')} of ${integer(images)} wrong (${points(wrong / images)} %)`;
  const looked = looks.length < wrong ? `; the surest ${looks.length} are looked at` : '';
  const asked = others.length === 0 ? 'no other run to ask' : `${counted(others.length, 'other run')} asked`;
  return `${all}${looked}${shown < looks.length ? `; ${shown} shown` : ''}; ${asked}`;
}

function card(look: PicturedError, { shape }: ErrorsAnswer): HTMLElement {
  const { label, predicted, confidence, labelProbability, isSuspected, says, nearest, votes } = look;
  const title = `Image ${look.id}: ${label}, taken for ${predicted}`;
  return h(
    'article',
    { class: 'panel error', 'aria-label': title },
    h(
      'figure',
      {},
      picture(look.pixels, shape, title),
      h(
        'figcaption',
        {},
        h('span', {}, `${label} → `, h('strong', {}, predicted)),
        h('span', { class: 'muted' }, imageName(look)),
      ),
    ),
    h(
      'div',
      { class: 'why' },
      h('p', {}, says),
      h(
        'p',
        { class: 'muted' },
        `${predicted} ${percent(confidence, 0)}, ${label} ${percent(labelProbability, 0)}` +
          (isSuspected ? '; the label is suspected' : ''),
      ),
      h('p', {}, voteWords(look)),
      ...votes
        .filter((vote) => vote.predicted !== label)
        .slice(0, 3)
        .map((vote) => h('p', { class: 'muted' }, `${vote.run}: ${vote.predicted} ${percent(vote.confidence, 0)}`)),
    ),
    h(
      'div',
      { class: 'strip', role: 'group', 'aria-label': 'Nearest training images' },
      ...nearest.map((one) =>
        h(
          'figure',
          { title: `row ${one.row + 1}, ${percent(one.distance, 1)} apart` },
          picture(one.pixels, shape, `Row ${one.row + 1}, ${one.label}`),
          h('figcaption', {}, one.label === predicted ? h('strong', {}, one.label) : one.label),
        ),
      ),
    ),
  );
}

function voteWords({ label, votes }: PicturedError): string {
  if (votes.length === 0) return 'No other run predicted it.';
  const right = votes.filter((vote) => vote.predicted === label).length;
  return `${right} of ${counted(votes.length, 'other run')} right`;
}
