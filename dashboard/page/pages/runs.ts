/** Runs: how trainings went, one or several over each other, and where the networks of one are wrong. */
import { learningCurveChart, learningRateChart, type CurveGroup, type LearningCurves } from '../../../charts/index.ts';
import type { LiveRun, Note, RunAnswer, RunsAnswer, RunSummary } from '../../api.ts';
import { ask } from '../ask.ts';
import { chartPanel } from '../chart.ts';
import { diagnosisSection } from '../diagnosis.ts';
import { checkbox, fill, h, select } from '../dom.ts';
import { isFound, searchField } from '../search.ts';
import { scoreText, counted, duration, integer, localTime, NOTHING, points } from '../../../base/format.ts';
import { noteEditor, type NoteEditor, readNotes, tagList } from '../notes.ts';
import { settingColumn } from '../setting-column.ts';
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
    const drawTable = (): void => {
      const shown = answer.runs.filter((run) => {
        const { competition, method, model } = run.configuration;
        const words = [
          run.id,
          run.name,
          ...Object.values(run.settings),
          competition,
          method,
          model,
          ...(noted.get(run.id)?.tags ?? []),
        ];
        return isFound(query, words);
      });
      table.update(shown, {
        caption: 'Runs',
        columns: columnsOf(noted, shown),
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
          return record === undefined ? [] : [groupOf(record)];
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
      fill(folds, ...chosen.map((record) => foldTable(record)));
      fill(
        notes,
        ...chosen.map((record) => {
          const { id } = record;
          const editor = editors.get(id) ?? noteEditor('run', id);
          editors.set(id, editor);
          editor.show(noted.get(id));
          return h('div', { class: 'noted' }, h('h3', {}, titleOf(record)), editor.element);
        }),
      );
      await drawCurves();
      await diagnosis.show(chosen.map((record) => ({ id: record.id, title: titleOf(record) })));
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

function columnsOf(notes: ReadonlyMap<string, Note>, shown: readonly RunSummary[]): Column<RunSummary>[] {
  const values = new Map<string, Set<string>>();
  for (const { settings } of shown) {
    for (const [name, value] of Object.entries(settings)) {
      values.set(name, (values.get(name) ?? new Set()).add(value));
    }
  }
  // Those that have a column in any case.
  for (const name of ['model', 'seed', 'folds', 'epochs']) values.delete(name);
  const differing = [...values].flatMap(([name, different]) => (different.size > 1 ? [name] : []));
  return [
    {
      id: 'name',
      title: 'Run',
      value: ({ name }) => name,
      cell: ({ id, name }) => h('span', {}, name, ' ', tagList(notes.get(id)?.tags ?? [])),
    },
    { id: 'method', title: 'Method', value: ({ configuration }) => configuration.method },
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
      title: 'Train',
      isNumeric: true,
      value: ({ scores }) => scores.train.accuracy,
      cell: ({ scores }) => scoreText(scores.train),
    },
    {
      id: 'oof',
      title: 'Out-of-fold',
      isNumeric: true,
      value: ({ scores }) => scores.outOfFold.accuracy,
      cell: ({ scores }) => scoreText(scores.outOfFold),
    },
    {
      id: 'test',
      title: 'Test',
      isNumeric: true,
      value: ({ scores }) => scores.test?.accuracy ?? null,
      cell: ({ scores }) => (scores.test === null ? NOTHING : scoreText(scores.test)),
    },
    ...differing.map((name) => settingColumn<RunSummary>(name)),
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

/** The name of the run, which no other has. */
const titleOf = ({ id, name, configuration: { method } }: Pick<RunAnswer, 'id' | 'name' | 'configuration'>): string =>
  name ?? `${method}-${id.slice(id.lastIndexOf('-') + 1)}`;

const groupOf = (record: RunAnswer): CurveGroup => ({
  name: titleOf(record),
  curves: record.folds.map(({ epochs }) => epochs),
});

const liveGroup = ({ configuration: { method, seed }, folds }: LiveRun): CurveGroup => ({
  name: `${method}, running, seed ${seed}`,
  curves: folds.filter((epochs) => epochs.length > 0),
});

function liveLine({
  configuration: { method, competition, epochs, folds: count },
  folds,
  ends,
  startedAt,
}: LiveRun): HTMLElement {
  const done = folds.reduce((sum, fold) => sum + fold.length, 0);
  // A fold that has ended trains no more epochs than it has.
  const missing = folds.reduce((sum, fold, i) => sum + (ends[i] ? Math.max(0, epochs - fold.length) : 0), 0);
  const total = count * epochs - missing;
  const stopped = ends.flatMap((end, fold) => (end?.ended === 'plateau' ? [fold + 1] : []));
  const note = stopped.length === 0 ? '' : `; stopped on a plateau: fold ${stopped.join(', ')}`;
  const label =
    `Training ${method} on ${competition}: ${integer(done)} of ${integer(total)} epochs, ` +
    `since ${localTime(startedAt)}${note}`;
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

function foldTable(record: RunAnswer): HTMLElement {
  return plainTable(
    titleOf(record),
    ['Fold', 'Train', 'Validation', 'Best epoch %', 'Epochs', 'End', 'Time'],
    record.folds.map(({ train, validation, seconds, epochs, ended, restoredEpoch }, fold) => [
      String(fold + 1),
      scoreText(train),
      scoreText(validation),
      epochs.length === 0 ? NOTHING : points(largest(epochs.map(({ validationAccuracy }) => validationAccuracy))),
      String(epochs.length),
      endOf(ended, restoredEpoch),
      duration(seconds),
    ]),
    true,
  );
}

/** Why the training of a fold ended, and whose weights predict if not the last ones. */
function endOf(ended: string | undefined, restoredEpoch: number | null | undefined): string {
  if (ended === undefined) return NOTHING;
  const reason = ended === 'plateau' ? 'plateau' : 'all epochs';
  return typeof restoredEpoch === 'number' ? `${reason}, epoch ${restoredEpoch + 1} kept` : reason;
}
