/** Runs: how trainings went, one or several over each other, and where the networks of one are wrong. */
import { learningCurveChart, learningRateChart, type CurveGroup, type LearningCurves } from '../../../charts/index.ts';
import type { LiveRun, Note, RunAnswer, RunsAnswer, RunSummary } from '../../api.ts';
import { ask } from '../ask.ts';
import { chartPanel } from '../chart.ts';
import { diagnosisSection } from '../diagnosis.ts';
import { checkbox, fill, h, select } from '../dom.ts';
import { isFound, searchField } from '../search.ts';
import { accuracyText, counted, duration, integer, localTime, NOTHING, points } from '../../../base/format.ts';
import { noteEditor, type NoteEditor, readNotes, tagList } from '../notes.ts';
import { type Column, createTable, plainTable } from '../table.ts';
import { keepFresh, type Page, panel, problemList, type Query } from '../view.ts';
import { largest } from '../../../numerics/statistics.ts';

/** Shown at first where the address names none. */
const NEWEST = 2;

export const page: Page = {
  async show(view) {
    const { root, query, signal } = view;
    const lead = h('p', { class: 'lead' });
    const problems = problemList();
    const going = h('div', {});
    const table = createTable<RunSummary>();
    const folds = h('div', {});
    const notes = h('div', {});
    const controls = h('div', { class: 'toolbar' });
    const curves = chartPanel({ title: 'Learning curves', height: 330, isWide: true, controls: [controls], signal });
    const rates = chartPanel({ title: 'Learning rate', height: 300, signal });
    const perFold = panel('Folds', folds);
    const notePanel = panel('Notes', notes);
    notePanel.classList.add('wide');
    const diagnosis = diagnosisSection(view);
    const records = new Map<string, RunAnswer>();
    const editors = new Map<string, NoteEditor>();
    let answer: RunsAnswer = { runs: [], unreadable: [], live: [] };
    let noted: ReadonlyMap<string, Note> = new Map();

    const chosenIds = (): string[] => {
      const named = query.all('run').filter((id) => answer.runs.some((run) => run.id === id));
      return named.length > 0 ? named : answer.runs.slice(0, NEWEST).map(({ id }) => id);
    };
    const chosenRuns = (): RunSummary[] => answer.runs.filter(({ id }) => chosenIds().includes(id));
    const drawTable = (): void => {
      const shown = answer.runs.filter((run) => {
        const { competition, method, model } = run.configuration;
        const words = [run.id, competition, method, model, ...(noted.get(run.id)?.tags ?? [])];
        return isFound(query, words);
      });
      table.update(shown, {
        caption: 'Runs',
        columns: columnsOf(noted),
        sort: query.get('sort') ?? '-began',
        onSort: (sort) => {
          query.set('sort', sort);
          drawTable();
        },
        choice: {
          key: ({ id }) => id,
          name: ({ id }) => `run ${id}`,
          chosen: chosenIds(),
          onChoice: (ids) => {
            query.set('run', ids);
            drawTable();
            void drawChosen();
          },
        },
        empty: answer.runs.length === 0 ? 'No runs yet. The command submit makes some.' : 'No run has these words.',
      });
    };
    const drawCurves = async (): Promise<void> => {
      const settings = curveSettings(query);
      const groups = [
        ...answer.live.map(liveGroup),
        ...chosenIds().flatMap((id) => {
          const record = records.get(id);
          return record === undefined ? [] : [groupOf(record, chosenRuns())];
        }),
      ].filter((group) => group.curves.some((epochs) => epochs.length > 0));
      if (groups.length === 0) {
        curves.say('There is nothing to draw: these runs kept no epochs.');
        rates.say('There is nothing to draw.');
        return;
      }
      const names = groups.map(({ name }) => name).join(', ');
      await Promise.all([
        curves.show(`${settings.metric} of ${names}`, (theme) => learningCurveChart({ ...settings, groups }, theme)),
        rates.show(`Learning rate of ${names}`, (theme) => learningRateChart(groups, theme)),
      ]);
    };
    const drawChosen = async (): Promise<void> => {
      const ids = chosenIds();
      for (const id of ids) if (!records.has(id)) records.set(id, await ask<RunAnswer>('/api/run', { id }, signal));
      const chosen = ids.flatMap((id) => records.get(id) ?? []);
      fill(folds, ...chosen.map((record) => foldTable(record, chosen)));
      fill(
        notes,
        ...chosen.map((record) => {
          const { id } = record;
          const editor = editors.get(id) ?? noteEditor('run', id);
          editors.set(id, editor);
          editor.show(noted.get(id));
          return h('div', { class: 'noted' }, h('h3', {}, titleOf(record, chosen)), editor.element);
        }),
      );
      await drawCurves();
      await diagnosis.show(chosen.map((record) => ({ id: record.id, title: titleOf(record, chosen) })));
    };

    fill(controls, ...curveControls(query, () => void drawCurves()));
    root.append(
      h('div', { class: 'title' }, h('h1', {}, 'Runs'), lead),
      problems.element,
      going,
      h('div', { class: 'toolbar' }, searchField(query, drawTable)),
      table.element,
      h('div', { class: 'panels' }, curves.element, rates.element, perFold, ...diagnosis.elements, notePanel),
    );
    let drawn = '';
    await keepFresh(
      view,
      ({ kind }) => kind === 'runs' || kind === 'notes',
      async () => {
        answer = await ask<RunsAnswer>('/api/runs', {}, signal);
        const found = await readNotes('run', signal);
        noted = found.notes;
        lead.textContent = `${counted(answer.runs.length, 'run')}, the newest first; those that are ticked are drawn`;
        problems.tell([...answer.unreadable, ...found.unreadable]);
        fill(going, ...answer.live.map(liveLine));
        drawTable();
        const now = JSON.stringify([chosenIds(), [...noted]]);
        if (now === drawn) await drawCurves();
        else await drawChosen();
        drawn = now;
      },
    );
  },
};

function columnsOf(notes: ReadonlyMap<string, Note>): Column<RunSummary>[] {
  return [
    {
      id: 'method',
      title: 'Method',
      value: ({ configuration }) => configuration.method,
      cell: ({ id, configuration: { method } }) => h('span', {}, method, ' ', tagList(notes.get(id)?.tags ?? [])),
    },
    { id: 'competition', title: 'Competition', value: ({ configuration }) => configuration.competition },
    { id: 'model', title: 'Model', value: ({ configuration }) => configuration.model },
    { id: 'seed', title: 'Seed', isNumeric: true, value: ({ configuration }) => configuration.seed },
    {
      id: 'length',
      title: 'Folds × epochs',
      isNumeric: true,
      value: ({ configuration: { folds, epochs } }) => folds * epochs,
      cell: ({ configuration: { folds, epochs } }) => `${folds} × ${epochs}`,
    },
    {
      id: 'train',
      title: 'Train %',
      isNumeric: true,
      value: ({ scores }) => scores.train.accuracy,
      cell: ({ scores }) => accuracyText(scores.train),
    },
    {
      id: 'oof',
      title: 'Out-of-fold %',
      isNumeric: true,
      value: ({ scores }) => scores.outOfFold.accuracy,
      cell: ({ scores }) => accuracyText(scores.outOfFold),
    },
    {
      id: 'test',
      title: 'Test %',
      isNumeric: true,
      value: ({ scores }) => scores.test?.accuracy ?? null,
      cell: ({ scores }) => (scores.test === null ? NOTHING : accuracyText(scores.test)),
    },
    {
      id: 'seconds',
      title: 'Time',
      isNumeric: true,
      value: ({ seconds }) => seconds,
      cell: ({ seconds }) => duration(seconds),
    },
    {
      id: 'began',
      title: 'Began',
      isNumeric: true,
      value: ({ startedAt }) => startedAt,
      cell: ({ startedAt }) => localTime(startedAt),
    },
  ];
}

/** The method, with what tells the run from others of the same method among those that are shown. */
function titleOf(
  { id, configuration: { method, seed, competition }, startedAt }: RunSummary,
  shown: readonly RunSummary[],
): string {
  const others = shown.filter((run) => run.configuration.method === method && run.id !== id);
  if (others.length === 0) return method;
  if (others.every(({ configuration }) => configuration.competition !== competition))
    return `${method}, ${competition}`;
  if (others.every(({ configuration }) => configuration.seed !== seed)) return `${method}, seed ${seed}`;
  return `${method}, ${localTime(startedAt)}`;
}

const groupOf = (record: RunAnswer, runs: readonly RunSummary[]): CurveGroup => ({
  name: titleOf(record, runs),
  curves: record.folds.map(({ epochs }) => epochs),
});

const liveGroup = ({ configuration: { method, seed }, folds }: LiveRun): CurveGroup => ({
  name: `${method}, running, seed ${seed}`,
  curves: folds.filter((epochs) => epochs.length > 0),
});

function liveLine({
  configuration: { method, competition, epochs, folds: count },
  folds,
  startedAt,
}: LiveRun): HTMLElement {
  const done = folds.reduce((sum, fold) => sum + fold.length, 0);
  const total = count * epochs;
  const label = `Training ${method} on ${competition}: ${integer(done)} of ${integer(total)} epochs, since ${localTime(startedAt)}`;
  return h(
    'p',
    { class: 'going' },
    h('span', {}, label),
    h('progress', { max: total, value: done, 'aria-label': label }),
  );
}

type CurveSettings = Required<Omit<LearningCurves, 'groups'>>;

function curveSettings(query: Query): CurveSettings {
  const show = query.get('show');
  const smoothing = Number(query.get('smoothing') ?? 0);
  return {
    metric: query.get('metric') === 'loss' ? 'loss' : 'accuracy',
    show: show === 'each' || show === 'mean' ? show : 'band',
    smoothing: smoothing >= 0 && smoothing < 1 ? smoothing : 0,
    log: query.get('log') === 'yes',
  };
}

function curveControls(query: Query, draw: () => void): HTMLElement[] {
  const { metric, show, smoothing, log } = curveSettings(query);
  const set = (key: string, value: string | null): void => {
    query.set(key, value);
    draw();
  };
  const words = h('span', { class: 'steady' }, `Smoothing ${smoothing}`);
  const slider = h('input', {
    type: 'range',
    min: 0,
    max: 0.95,
    step: 0.05,
    value: smoothing,
    oninput: () => {
      words.textContent = `Smoothing ${slider.value}`;
      set('smoothing', Number(slider.value) === 0 ? null : slider.value);
    },
  });
  return [
    select(
      'Metric',
      [
        ['accuracy', 'Accuracy'],
        ['loss', 'Loss'],
      ],
      metric,
      (value) => set('metric', value),
    ),
    select(
      'Folds',
      [
        ['band', 'Mean ± deviation'],
        ['each', 'Every fold'],
        ['mean', 'Mean'],
      ],
      show,
      (value) => set('show', value),
    ),
    h('label', { class: 'field' }, words, slider),
    checkbox('Logarithmic', log, (isChecked) => set('log', isChecked ? 'yes' : null)),
  ];
}

function foldTable(record: RunAnswer, runs: readonly RunSummary[]): HTMLElement {
  return plainTable(
    titleOf(record, runs),
    ['Fold', 'Train %', 'Validation %', 'Best epoch %', 'Epochs', 'Time'],
    record.folds.map(({ train, validation, seconds, epochs }, fold) => [
      String(fold + 1),
      accuracyText(train),
      accuracyText(validation),
      epochs.length === 0 ? NOTHING : points(largest(epochs.map(({ validationAccuracy }) => validationAccuracy))),
      String(epochs.length),
      duration(seconds),
    ]),
    true,
  );
}
