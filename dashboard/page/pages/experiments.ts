/** Experiments: what each claims, whether that holds, and what its arms measured. */
import { capitalized, counted, integer } from '../../../base/format.ts';
import { experimentChart } from '../../../charts/index.ts';
import type { ExperimentAnswer, ExperimentsAnswer, ExperimentSummary, Note } from '../../api.ts';
import { ask, sentenceOf } from '../ask.ts';
import { chartPanel } from '../chart.ts';
import { numberColumn } from '../columns.ts';
import { briefTime, fill, h } from '../dom.ts';
import { noteEditor, type NoteEditor, readNotes, tagList } from '../notes.ts';
import { isFound, searchField } from '../search.ts';
import { type Column, createTable, plainTable } from '../table.ts';
import { keepFresh, type Page, problemList, remark, sortedBy, widePanel } from '../view.ts';

export const page: Page = {
  async show(view) {
    const { root, query, signal } = view;
    const lead = h('p', { class: 'lead' });
    const problems = problemList();
    const table = createTable<ExperimentSummary>();
    const content = h('div', { class: 'panels' });
    const editors = new Map<string, NoteEditor>();
    let answer: ExperimentsAnswer = { experiments: [], unreadable: [] };
    let noted: ReadonlyMap<string, Note> = new Map();
    let shown: ExperimentAnswer | null = null;
    /** Charts of a result that is shown no more are taken away. */
    let drawing = new AbortController();
    signal.addEventListener('abort', () => drawing.abort());

    const chosen = (): ExperimentSummary | undefined =>
      answer.experiments.find(({ id }) => id === query.get('result')) ?? answer.experiments.at(0);
    const drawTable = (): void => {
      table.update(
        answer.experiments.filter(({ id, experiment, name, question }) =>
          isFound(query, [experiment, name, question, ...(noted.get(id)?.tags ?? [])]),
        ),
        {
          caption: 'Experiments',
          columns: columnsWith(noted),
          ...sortedBy(query, '-written', drawTable),
          choice: {
            key: ({ id }) => id,
            name: ({ id }) => `result ${id}`,
            chosen: [chosen()?.id ?? ''],
            most: 1,
            onChoice: ([id = null]) => {
              query.set('result', id);
              drawTable();
              void drawChosen();
            },
          },
          empty:
            answer.experiments.length === 0
              ? 'No experiments yet. The command experiment makes some, for example experiment snapshot --quick.'
              : 'No experiment contains these words.',
        },
      );
    };
    const drawChosen = async (): Promise<void> => {
      const summary = chosen();
      if (summary === undefined) {
        shown = null;
        return fill(content);
      }
      const { id } = summary;
      const editor = editors.get(id) ?? noteEditor('experiment', id);
      editors.set(id, editor);
      editor.show(noted.get(id));
      if (id === shown?.id && summary.writtenAt === shown.writtenAt) return;
      try {
        const result = await ask<ExperimentAnswer>('/api/experiment', { id }, signal);
        if (chosen()?.id !== id) return;
        shown = result;
        drawing.abort();
        drawing = new AbortController();
        const charts = result.figures.map((figure) => {
          const chart = chartPanel({ title: figure.title, height: figure.height, signal: drawing.signal });
          return {
            chart,
            draw: () => chart.show(figure.label, (theme) => experimentChart(figure, theme), figure.label),
          };
        });
        fill(
          content,
          ...tablesOf(result),
          ...charts.map(({ chart }) => chart.element),
          widePanel('Notes', editor.element),
        );
        await Promise.all(charts.map(({ chart, draw }) => chart.whenSeen(draw)));
      } catch (error) {
        if (signal.aborted || chosen()?.id !== id) return;
        shown = null;
        fill(content, widePanel('Result', remark(sentenceOf(error))));
      }
    };

    root.append(
      h('div', { class: 'title' }, h('h1', {}, 'Experiments'), lead),
      problems.element,
      h('div', { class: 'toolbar' }, searchField(query, drawTable)),
      table.element,
      content,
    );
    await keepFresh(
      view,
      ({ kind }) => kind === 'experiments' || kind === 'notes',
      async () => {
        answer = await ask<ExperimentsAnswer>('/api/experiments', {}, signal);
        const found = await readNotes('experiment', signal);
        noted = found.notes;
        lead.textContent = `${counted(answer.experiments.length, 'result')}, the newest first; the one that is ticked is shown`;
        problems.tell([...answer.unreadable, ...found.unreadable]);
        drawTable();
        await drawChosen();
      },
    );
  },
};

const columnsWith = (noted: ReadonlyMap<string, Note>): readonly Column<ExperimentSummary>[] => [
  {
    id: 'experiment',
    title: 'Experiment',
    value: ({ experiment }) => experiment,
    cell: ({ id, experiment, question }) =>
      h(
        'div',
        { class: 'two-lines' },
        h('span', {}, h('strong', {}, experiment), ' ', tagList(noted.get(id)?.tags ?? [])),
        h('span', { class: 'muted' }, question),
      ),
  },
  { id: 'name', title: 'Result', value: ({ name }) => name },
  { id: 'claims', title: 'Claims', value: claimsInWords },
  numberColumn('trainings', 'Trainings', ({ trainings }) => trainings, integer),
  numberColumn('written', 'Written', ({ writtenAt }) => writtenAt, briefTime),
];

/** 1 holds, 2 tie: each verdict with how many claims have it. */
function claimsInWords({ verdicts }: ExperimentSummary): string {
  const counts = Map.groupBy(verdicts, (verdict) => verdict);
  return [...counts].map(([verdict, alike]) => `${alike.length} ${verdict}`).join(', ');
}

function tablesOf({ experiment, name, question, claims, arms, says }: ExperimentAnswer): HTMLElement[] {
  const titled = (caption: string, { header, rows }: ExperimentAnswer['arms']): HTMLElement =>
    plainTable(
      caption,
      header.map((word) => (word.length > 1 ? capitalized(word) : word)),
      rows,
    );
  return [
    widePanel('Claims', h('p', { class: 'muted' }, question), titled('Claims', claims)),
    widePanel(
      `Arms of ${experiment}, ${name}`,
      titled('Arms', arms),
      ...says.map((sentence) => h('p', { class: 'muted' }, sentence)),
    ),
  ];
}
