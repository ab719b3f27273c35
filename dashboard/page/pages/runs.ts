/** Runs: the learning curves of one or several trainings, and the errors of the networks of a run. */
import { counted, duration, integer, localTime, NOTHING, points } from '../../../base/format.ts';
import { quoted } from '../../../base/printable.ts';
import type { CurveGroup } from '../../../charts/index.ts';
import { largest, smallest } from '../../../numerics/statistics.ts';
import { averagesSentences } from '../../../records/index.ts';
import type { LiveRunAnswer, Note, RunAnswer, RunsAnswer, RunSummary } from '../../api.ts';
import { ask } from '../ask.ts';
import { scoreCell } from '../columns.ts';
import { diagnosisSection } from '../diagnosis.ts';
import { brief, fill, h } from '../dom.ts';
import { curvesSection } from '../learning-curves.ts';
import { runManager } from '../manage-runs.ts';
import { noteEditor, type NoteEditor, readNotes } from '../notes.ts';
import { runColumns } from '../run-columns.ts';
import { isFound, searchField } from '../search.ts';
import { createTable, plainTable } from '../table.ts';
import { keepFresh, type Page, panel, problemList, sortedBy, widePanel } from '../view.ts';

/** Number of runs that are ticked until a person ticks or unticks one: those that are the newest when the page opens. */
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
    const perFold = panel('Folds', folds);
    const notePanel = widePanel('Notes', notes);
    const diagnosis = diagnosisSection(view);
    const records = new Map<string, RunAnswer>();
    const editors = new Map<string, NoteEditor>();
    let answer: RunsAnswer = { runs: [], unreadable: [], live: [] };
    let noted: ReadonlyMap<string, Note> = new Map();

    let newest: readonly string[] = [];
    const isThere = (id: string): boolean => answer.runs.some((run) => run.id === id);
    const chosenIds = (): string[] => {
      const named = query.all('run');
      return (named.length > 0 ? named : newest).filter(isThere);
    };
    /** In the address an empty name says that none is ticked. */
    const choose = (ids: readonly string[]): void => query.set('run', ids.length === 0 ? '' : ids);
    const curves = curvesSection(view, () => [
      ...answer.live.map(liveGroup),
      ...chosenIds().flatMap((id) => {
        const record = records.get(id);
        return record === undefined ? [] : [groupOf(record)];
      }),
    ]);
    const manager = runManager(signal, async (gone) => {
      const named = query.all('run');
      if (named.length > 0) choose(named.filter((id) => !gone.includes(id)));
      for (const id of gone) records.delete(id);
      await look();
    });
    const drawTable = (): void => {
      const chosen = chosenIds();
      manager.show(
        answer.runs.filter(({ id }) => chosen.includes(id)),
        noted,
      );
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
        columns: runColumns(noted, shown),
        ...sortedBy(query, '-began', drawTable),
        choice: {
          key: ({ id }) => id,
          name: ({ name }) => `run ${name}`,
          chosen: chosenIds(),
          onChoice: (ids) => {
            choose(ids);
            drawTable();
            void drawChosen();
          },
        },
        empty:
          answer.runs.length === 0 ? 'No runs yet. The command submit makes some.' : 'No run contains these words.',
      });
    };
    /** Whether the run is unknown or has been renamed. */
    const isStale = (id: string): boolean => {
      const known = records.get(id);
      return known === undefined || known.name !== answer.runs.find((run) => run.id === id)?.name;
    };
    const drawChosen = async (): Promise<void> => {
      const ids = chosenIds();
      for (const id of ids) if (isStale(id)) records.set(id, await ask<RunAnswer>('/api/run', { id }, signal));
      const chosen = ids.flatMap((id) => records.get(id) ?? []);
      fill(folds, ...chosen.flatMap((record) => [foldTable(record), ...averagesOf(record)]));
      fill(
        notes,
        ...chosen.map((record) => {
          const { id } = record;
          const editor = editors.get(id) ?? noteEditor('run', id);
          editors.set(id, editor);
          editor.show(noted.get(id));
          return h('div', { class: 'noted' }, h('h3', {}, record.name), editor.element);
        }),
      );
      await curves.draw();
      await diagnosis.show(chosen.map((record) => ({ id: record.id, title: record.name })));
    };

    root.append(
      h('div', { class: 'title' }, h('h1', {}, 'Runs'), lead),
      problems.element,
      going,
      h('div', { class: 'toolbar' }, searchField(query, drawTable)),
      table.element,
      manager.element,
      h('div', { class: 'panels' }, ...curves.elements, perFold, ...diagnosis.elements, notePanel),
    );
    let drawn = '';
    const look = async (): Promise<void> => {
      answer = await ask<RunsAnswer>('/api/runs', {}, signal);
      const found = await readNotes('run', signal);
      noted = found.notes;
      if (newest.length === 0) newest = answer.runs.slice(0, NEWEST).map(({ id }) => id);
      lead.textContent = `${counted(answer.runs.length, 'run')}, the newest first; those that are ticked are drawn`;
      const gone = query.all('run').filter((id) => id !== '' && !isThere(id));
      problems.tell([
        ...gone.map((id) => `Unknown run ${quoted(id)}. It may have been deleted.`),
        ...answer.unreadable,
        ...found.unreadable,
      ]);
      fill(going, ...answer.live.map(liveLine));
      drawTable();
      const now = JSON.stringify([chosenIds(), answer.runs.map(({ name }) => name), [...noted]]);
      if (now === drawn) await curves.draw();
      else await drawChosen();
      drawn = now;
    };
    await keepFresh(view, ({ kind }) => kind === 'runs' || kind === 'notes', look);
  },
};

const groupOf = (record: RunAnswer): CurveGroup => ({
  name: record.name,
  metric: record.metric ?? undefined,
  curves: record.folds.map(({ epochs }) => epochs),
});

const liveGroup = ({ configuration: { method, seed }, metric, folds }: LiveRunAnswer): CurveGroup => ({
  name: `${method}, running, seed ${seed}`,
  metric: metric ?? undefined,
  curves: folds.filter((epochs) => epochs.length > 0),
});

function liveLine({
  configuration: { method, competition, epochs, folds: count },
  folds,
  ends,
  startedAt,
}: LiveRunAnswer): HTMLElement {
  const done = folds.reduce((sum, fold) => sum + fold.length, 0);
  // A fold that has ended trains no further epochs.
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

function foldTable(record: RunAnswer): HTMLElement {
  return plainTable(
    record.name,
    ['Fold', 'Train', 'Validation', 'Best epoch', 'Epochs', 'End', 'Time'],
    record.folds.map(({ train, validation, seconds, epochs, ended, restoredEpoch }, fold) => [
      String(fold + 1),
      scoreCell(train),
      scoreCell(validation),
      bestOf(epochs, record.metric),
      String(epochs.length),
      brief(endOf(ended, restoredEpoch)),
      brief(duration(seconds)),
    ]),
    true,
  );
}

const averagesOf = (record: RunAnswer): HTMLElement[] =>
  averagesSentences(record.name, record.scores.averages).map((sentence) => h('p', {}, sentence));

/** The best value after an epoch, by what the competition scores by. */
function bestOf(epochs: RunAnswer['folds'][number]['epochs'], metric: RunAnswer['metric']): string {
  const values = epochs.flatMap(
    ({ validationAccuracy, validationMetric }) => (metric === null ? validationAccuracy : validationMetric) ?? [],
  );
  if (values.length === 0) return NOTHING;
  if (metric === null) return points(largest(values));
  return (metric.direction === 'minimize' ? smallest(values) : largest(values)).toFixed(4);
}

/** Why the training of a fold ended, and the epoch of its weights if it is not the last. */
function endOf(ended: string | undefined, restoredEpoch: number | null | undefined): string {
  if (ended === undefined) return NOTHING;
  const reason = ended === 'plateau' ? 'plateau' : 'all epochs';
  return typeof restoredEpoch === 'number' ? `${reason}, epoch ${restoredEpoch + 1} kept` : reason;
}
