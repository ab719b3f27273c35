/** Geometry: findings of analyses around solutions, one at a time, drawn as in their reports. */
import { geometryChart } from '../../../charts/index.ts';
import type { AnalysesAnswer, AnalysisAnswer, AnalysisSummary } from '../../api.ts';
import { ask, sentenceOf } from '../ask.ts';
import { chartPanel } from '../chart.ts';
import { numberColumn } from '../columns.ts';
import { addressOf, briefTime, fill, h, link, select } from '../dom.ts';
import { isFound, searchField } from '../search.ts';
import { capitalized, counted } from '../../../base/format.ts';
import { type Column, createTable, plainTable } from '../table.ts';
import { keepFresh, type Page, panel, problemList, remark, sortedBy } from '../view.ts';

/** Smallest height of a chart, in CSS pixels. */
const LEAST_HEIGHT = 320;

export const page: Page = {
  async show(view) {
    const { root, query, signal } = view;
    const lead = h('p', { class: 'lead' });
    const problems = problemList();
    const table = createTable<AnalysisSummary>();
    const which = h('div', { class: 'controls' });
    const chart = chartPanel({ title: 'Chart', height: 440, controls: [which], signal });
    const found = h('div', { class: 'findings' });
    let answer: AnalysesAnswer = { analyses: [], unreadable: [] };
    let shown: AnalysisAnswer | null = null;

    const chosen = (): AnalysisSummary | undefined =>
      answer.analyses.find(({ id }) => id === query.get('analysis')) ?? answer.analyses.at(0);
    const drawTable = (): void => {
      table.update(
        answer.analyses.filter(({ id, title, about }) => isFound(query, [id, title, about])),
        {
          caption: 'Analyses',
          columns,
          ...sortedBy(query, '-written', drawTable),
          choice: {
            key: ({ id }) => id,
            name: ({ id }) => `analysis ${id}`,
            chosen: [chosen()?.id ?? ''],
            most: 1,
            onChoice: ([id = null]) => {
              query.set('analysis', id);
              query.set('metric', null);
              drawTable();
              void drawChosen();
            },
          },
          empty:
            answer.analyses.length === 0
              ? 'No analyses yet. The command analyze makes some, for example analyze line.'
              : 'No analysis contains these words.',
        },
      );
    };
    const drawChart = async ({ kind, charts }: AnalysisAnswer): Promise<void> => {
      const drawn = charts.find(({ name }) => name === query.get('metric')) ?? charts[0];
      fill(
        which,
        charts.length === 1
          ? null
          : select(
              'Shown',
              charts.map((one) => [one.name, one.title] as const),
              drawn.name,
              (name) => {
                query.set('metric', name);
                if (shown !== null) void drawChart(shown);
              },
            ),
      );
      chart.setTitle(capitalized(kind));
      // On a phone a plane must not be much higher than wide.
      chart.setHeight(Math.min(drawn.height, Math.max(LEAST_HEIGHT, root.clientWidth)));
      await chart.show(drawn.label, (theme) => geometryChart(drawn.chart, theme));
    };
    const drawChosen = async (): Promise<void> => {
      const summary = chosen();
      if (summary === undefined) {
        shown = null;
        chart.say('There is nothing to draw yet.');
        return fill(found, remark('There are no results yet.'));
      }
      if (summary.id === shown?.id && summary.writtenAt === shown.writtenAt) return;
      try {
        const analysis = await ask<AnalysisAnswer>('/api/analysis', { id: summary.id }, signal);
        if (chosen()?.id !== analysis.id) return;
        shown = analysis;
        fill(found, ...elementsOf(analysis));
        await drawChart(analysis);
      } catch (error) {
        if (signal.aborted || chosen()?.id !== summary.id) return;
        shown = null;
        chart.say(sentenceOf(error));
        fill(found, remark(sentenceOf(error)));
      }
    };

    root.append(
      h('div', { class: 'title' }, h('h1', {}, 'Geometry'), lead),
      problems.element,
      h('div', { class: 'toolbar' }, searchField(query, drawTable)),
      table.element,
      h('div', { class: 'panels' }, chart.element, panel('What was found', found)),
    );
    await keepFresh(
      view,
      ({ kind }) => kind === 'analyses',
      async () => {
        answer = await ask<AnalysesAnswer>('/api/analyses', {}, signal);
        const count = counted(answer.analyses.length, 'analysis').replace('analysiss', 'analyses');
        lead.textContent = `${count} of the command analyze; the one that is ticked is drawn`;
        problems.tell(answer.unreadable);
        drawTable();
        await drawChosen();
      },
    );
  },
};

const columns: readonly Column<AnalysisSummary>[] = [
  { id: 'kind', title: 'Analysis', value: ({ kind }) => kind },
  {
    id: 'title',
    title: 'Networks',
    value: ({ title }) => title,
    cell: ({ title, about }) =>
      h('div', { class: 'two-lines' }, h('span', {}, title), h('span', { class: 'muted narrow' }, about)),
  },
  numberColumn('written', 'Written', ({ writtenAt }) => writtenAt, briefTime),
];

function elementsOf({ title, about, solutions, says, tables, runNames }: AnalysisAnswer): HTMLElement[] {
  return [
    h('h3', {}, title),
    h('p', { class: 'muted' }, about),
    ...tables.map(({ caption, header, rows }) => plainTable(caption, header, rows, true)),
    ...says.map((sentence) => h('p', {}, sentence)),
    plainTable(
      'Solutions',
      ['', 'Run', 'Fold', 'Solution'],
      solutions.map(({ name, run, fold, solution }) => [
        name,
        Object.hasOwn(runNames, run)
          ? link(addressOf('/runs', { run }), runNames[run])
          : h('span', { class: 'muted' }, `${run}, deleted`),
        String(fold),
        String(solution),
      ]),
      true,
    ),
  ];
}
