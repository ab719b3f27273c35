/** Studies: progress, workers and results of all studies of the store. */
import type { Note, StudiesAnswer, StudySummary } from '../../api.ts';
import { ask } from '../ask.ts';
import { numberColumn } from '../columns.ts';
import { addressOf, briefTime, fill, h, link } from '../dom.ts';
import { isFound, searchField } from '../search.ts';
import { counted, duration, integer, NOTHING, valueText } from '../../../base/format.ts';
import { readNotes, tagList } from '../notes.ts';
import { MOST_COMPARED, stateBar, titleOf, workInWords } from '../studies.ts';
import { type Column, createTable } from '../table.ts';
import { keepFresh, type Page, problemList, remark, sortedBy } from '../view.ts';

const nameOf = ({ definition }: StudySummary): string => definition.name;

export const page: Page = {
  async show(view) {
    const { root, query, signal } = view;
    const lead = h('p', { class: 'lead' });
    const unreadable = problemList();
    const problem = h('p', { class: 'problem', role: 'alert' });
    const actions = h('div', { class: 'controls' });
    const table = createTable<StudySummary>();
    let answer: StudiesAnswer = { location: '', problem: null, studies: [] };
    let notes: ReadonlyMap<string, Note> = new Map();

    const columns: readonly Column<StudySummary>[] = [
      {
        id: 'study',
        title: 'Study',
        value: nameOf,
        cell: (study) => {
          const { title, about } = titleOf(study);
          const tags = notes.get(nameOf(study))?.tags ?? [];
          return h(
            'div',
            { class: 'two-lines' },
            h(
              'span',
              {},
              link(addressOf('/study', { name: nameOf(study) }), title),
              ' ',
              tags.length > 0 ? tagList(tags) : null,
            ),
            h('span', { class: 'muted' }, about),
          );
        },
      },
      {
        id: 'best',
        title: 'Best value',
        isNumeric: true,
        value: ({ best }) => best?.value ?? null,
        cell: ({ best, measured }) =>
          best === null ? NOTHING : `${valueText(best.value, measured)} (trial ${best.number})`,
      },
      {
        id: 'trials',
        title: 'Trials',
        value: ({ trials }) => trials.COMPLETE + trials.PRUNED + trials.FAIL,
        cell: stateBar,
      },
      {
        id: 'work',
        title: 'Work',
        value: ({ workers }) => workers.length,
        cell: (study) => h('span', { class: 'narrow' }, workInWords(study)),
      },
      numberColumn('median', 'Median trial', ({ medianSeconds }) => medianSeconds, duration),
      numberColumn('used', 'Last used', ({ lastUsed }) => lastUsed, briefTime),
    ];

    const draw = (): void => {
      const { location, studies } = answer;
      lead.textContent = `${counted(studies.length, 'study').replace('studys', 'studies')} in ${location}`;
      fill(problem, answer.problem);
      problem.hidden = answer.problem === null;
      const shown = studies.filter((study) => {
        const tags = notes.get(nameOf(study))?.tags ?? [];
        return isFound(query, [nameOf(study), ...tags]);
      });
      const chosen = query.all('study').filter((name) => studies.some((study) => nameOf(study) === name));
      table.update(shown, {
        caption: 'Studies',
        columns,
        ...sortedBy(query, '-used', draw),
        choice: {
          key: nameOf,
          name: (study) => `study ${nameOf(study)}`,
          chosen,
          most: MOST_COMPARED,
          onChoice: (names) => {
            query.set('study', names);
            draw();
          },
        },
        empty:
          studies.length === 0
            ? 'No studies yet. The command search makes one.'
            : 'No study contains these words in its name or tags.',
      });
      const words = new URLSearchParams(chosen.map((name) => ['study', name]));
      fill(
        actions,
        chosen.length < 2
          ? remark(studies.length < 2 ? '' : 'Choose two studies or more to compare them.')
          : link(`/compare?${words.toString()}`, `Compare the ${integer(chosen.length)} chosen studies`),
      );
    };
    root.append(
      h('div', { class: 'title' }, h('h1', {}, 'Studies'), lead),
      problem,
      unreadable.element,
      h('div', { class: 'toolbar' }, searchField(query, draw), actions),
      table.element,
    );
    await keepFresh(
      view,
      ({ kind }) => kind === 'studies' || kind === 'study' || kind === 'notes',
      async () => {
        answer = await ask<StudiesAnswer>('/api/studies', {}, signal);
        const noted = await readNotes('study', signal);
        notes = noted.notes;
        unreadable.tell(noted.unreadable);
        draw();
      },
    );
  },
};
