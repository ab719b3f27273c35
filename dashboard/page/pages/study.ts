/** One study: its charts and its trials. */
import { duration, localTime, valueText } from '../../../base/format.ts';
import type { StudyAnswer, StudySummary } from '../../api.ts';
import { ask, RefusedError, sentenceOf } from '../ask.ts';
import { fill, h, link } from '../dom.ts';
import { noteEditor, readNotes } from '../notes.ts';
import { type PageTrial, trialsOf } from '../page-trial.ts';
import { objectiveNames, stateBar, titleOf, workInWords } from '../studies.ts';
import { replaySection } from '../replay.ts';
import { studyCharts } from '../study-charts.ts';
import { trialSection } from '../trial-table.ts';
import { keepFresh, type Page, problemList } from '../view.ts';

export const page: Page = {
  async show(view) {
    const { root, query, signal } = view;
    const name = query.get('name') ?? '';
    const trials: PageTrial[] = [];
    let summary: StudySummary | null = null;

    const heading = h('div', { class: 'title' });
    const tiles = h('dl', { class: 'tiles' });
    const note = noteEditor('study', name);
    const charts = studyCharts(view, name, () => filterChanged());
    const table = trialSection(view, name, () => filterChanged());
    const filterChanged = (): void => {
      if (summary === null) return;
      table.draw(trials, summary);
      charts.brush();
    };
    const problems = problemList();
    const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
    root.append(
      heading,
      problem,
      problems.element,
      tiles,
      note.element,
      charts.element,
      table.element,
      replaySection(name, signal),
    );

    await keepFresh(
      view,
      (happening) =>
        happening.kind === 'notes' ||
        (happening.kind === 'study' && happening.name === name) ||
        happening.kind === 'studies',
      async () => {
        const noted = readNotes('study', signal);
        // Errors are reported below, after that of a missing study.
        noted.catch(() => {});
        const known = summary?.revision;
        const asked: Record<string, string> = known === undefined ? { name } : { name, after: String(known) };
        let answer: StudyAnswer;
        try {
          answer = await ask<StudyAnswer>('/api/study', asked, signal);
        } catch (error) {
          if (summary === null || !(error instanceof RefusedError)) throw error;
          fill(problem, sentenceOf(error));
          problem.hidden = false;
          return;
        }
        // The study was deleted and created again.
        if (known !== undefined && answer.summary.revision < known) trials.length = 0;
        for (const trial of trialsOf(answer)) trials[trial.number] = trial;
        // A study that was created again with the same revision may have fewer trials.
        trials.length = Object.values(answer.summary.trials).reduce((sum, count) => sum + count, 0);
        const isNew = summary?.revision !== answer.summary.revision;
        summary = answer.summary;
        problem.hidden = true;
        const { notes, unreadable } = await noted;
        note.show(notes.get(name));
        problems.tell(unreadable);
        drawHeading(heading, summary);
        drawTiles(tiles, summary);
        if (!isNew) return;
        table.draw(trials, summary);
        await charts.update(summary, trials);
      },
    );
  },
};

function drawHeading(heading: HTMLElement, summary: StudySummary): void {
  const { title, about } = titleOf(summary);
  document.title = `${title} · wide-optima`;
  fill(
    heading,
    h('p', { class: 'crumbs' }, link('/studies', 'Studies'), ' / '),
    h('h1', {}, title),
    h('p', { class: 'lead' }, about),
    title === summary.definition.name ? null : h('p', { class: 'muted name' }, summary.definition.name),
  );
}

function drawTiles(tiles: HTMLElement, summary: StudySummary): void {
  const { best, medianSeconds, lastUsed, definition, measured } = summary;
  const tile = (term: string, ...content: readonly (Node | string)[]): HTMLElement =>
    h('div', { class: 'tile' }, h('dt', {}, term), h('dd', {}, ...content));
  const of = definition.directions === undefined ? '' : ` by ${objectiveNames(definition)[0]}`;
  fill(
    tiles,
    tile(
      `Best value${of} (${definition.direction === 'maximize' ? 'largest' : 'smallest'})`,
      h('strong', {}, valueText(best?.value ?? null, measured)),
      best === null ? '' : ` trial ${best.number}`,
    ),
    tile('Trials', stateBar(summary)),
    tile('At work', workInWords(summary)),
    tile('Median trial', duration(medianSeconds)),
    tile('Last used', localTime(lastUsed)),
  );
}
