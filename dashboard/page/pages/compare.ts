/** Compares studies, such as those of SWA and plain training. */
import { historyChart, importanceChart } from '../../../charts/index.ts';
import type { ImportanceAnswer, StudyAnswer } from '../../api.ts';
import { ask, sentenceOf } from '../ask.ts';
import { chartPanel } from '../chart.ts';
import { addressOf, fill, h, link } from '../dom.ts';
import { duration, localTime, NOTHING, parameterValue, valueText } from '../../../base/format.ts';
import { trialsOf } from '../page-trial.ts';
import { MOST_COMPARED, stateBar, titleOf } from '../studies.ts';
import { plainTable } from '../table.ts';
import { keepFresh, type Page, remark, widePanel } from '../view.ts';

const CHOOSE = 'Choose two studies or more on the page Studies.';

export const page: Page = {
  async show(view) {
    const { root, query, signal } = view;
    const names = [...new Set(query.all('study'))].slice(0, MOST_COMPARED);
    const heading = h('h1', {}, 'Compare studies');
    const history = chartPanel({ title: 'History', height: 300, isWide: true, signal });
    const importances = names.map(() => chartPanel({ title: 'Importance', height: 220, signal }));
    const facts = h('div', {});
    const settings = widePanel('Side by side', facts);
    root.append(
      h('div', { class: 'title' }, h('p', { class: 'crumbs' }, link('/studies', 'Studies'), ' / '), heading),
      ...(names.length > 1 ? [] : [remark(CHOOSE)]),
      h(
        'div',
        { class: 'panels', hidden: names.length < 2 },
        history.element,
        settings,
        ...importances.map(({ element }) => element),
      ),
    );
    if (names.length < 2) return;
    await keepFresh(
      view,
      (happening) => happening.kind === 'study' && names.includes(happening.name),
      async () => {
        const answers = await Promise.all(names.map((name) => ask<StudyAnswer>('/api/study', { name }, signal)));
        const titles = namesOf(answers);
        const together = listed(titles);
        fill(heading, together);
        fill(facts, sideBySide(titles, answers));
        const studies = answers.map((answer, i) => ({
          name: titles[i],
          direction: answer.summary.definition.direction,
          measured: answer.summary.measured,
          trials: trialsOf(answer),
        }));
        const isOneScale = new Set(answers.map(scaleOf)).size === 1;
        if (studies.every(({ trials }) => trials.every(({ value }) => value === null))) {
          history.say('No trial is complete yet.');
        } else {
          await history.show(
            `History of ${together}`,
            (theme) => historyChart(studies, theme),
            isOneScale ? '' : 'These searches are of different images or metrics: their values do not compare.',
          );
        }
        for (const [i, name] of names.entries()) {
          importances[i].setTitle(`Importance: ${titles[i]}`);
          try {
            const answer = await ask<ImportanceAnswer>('/api/study/importance', { name }, signal);
            await importances[i].show(`Importance of parameters of ${titles[i]}`, (theme) =>
              importanceChart(answer, theme),
            );
          } catch (error) {
            importances[i].say(sentenceOf(error));
          }
        }
      },
    );
  },
};

/** Short names of the studies if these are unique, else full ones. */
function namesOf(answers: readonly StudyAnswer[]): string[] {
  const titles = answers.map(({ summary }) => titleOf(summary).title);
  const isClear = new Set(titles).size === titles.length;
  return isClear ? titles : answers.map(({ summary }) => summary.definition.name);
}

/** What the values of a study are measured on and by. */
function scaleOf({ summary: { definition } }: StudyAnswer): string {
  const { task, direction, metricNames } = definition;
  const known = typeof task === 'object' && task !== null && !Array.isArray(task) ? task : {};
  const { competition = null, images = null, metric = null } = known as Readonly<Record<string, unknown>>;
  return JSON.stringify([competition, images, metric, direction, metricNames?.[0] ?? null]);
}

/** a, b and c */
const listed = (words: readonly string[]): string => `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

function sideBySide(titles: readonly string[], answers: readonly StudyAnswer[]): HTMLElement {
  const summaries = answers.map(({ summary }) => summary);
  const parameters = [...new Set(summaries.flatMap(({ best }) => Object.keys(best?.params ?? {})))];
  const row = (title: string, cell: (summary: (typeof summaries)[number]) => Node | string): (Node | string)[] => [
    title,
    ...summaries.map(cell),
  ];
  return plainTable(
    'Side by side',
    ['', ...titles],
    [
      row('study', ({ definition: { name } }) => link(addressOf('/study', { name }), name)),
      row('search', (summary) => titleOf(summary).about),
      row('trials', stateBar),
      row('best value', ({ best, measured }) =>
        best === null ? NOTHING : h('strong', {}, valueText(best.value, measured)),
      ),
      row('best trial', ({ best }) => (best === null ? NOTHING : String(best.number))),
      ...parameters.map((name) => row(`best ${name}`, ({ best }) => parameterValue(best?.params[name]) || NOTHING)),
      row('median trial', ({ medianSeconds }) => duration(medianSeconds)),
      row('last used', ({ lastUsed }) => localTime(lastUsed)),
    ],
  );
}
