/** Renames, tags and deletes selected runs. */
import { counted, inMegabytes } from '../../base/format.ts';
import type { KeptRun, KeptRunsAnswer, Note, RunSummary } from '../api.ts';
import { ask, deleteRuns, keepNote, renameRun, sentenceOf } from './ask.ts';
import { checkbox, field, fill, h } from './dom.ts';

export interface RunManager {
  readonly element: HTMLElement;
  /** Offers actions for these runs. An open form stays while they are the same. */
  show(runs: readonly RunSummary[], notes: ReadonlyMap<string, Note>): void;
}

/** @param onChange called after a change of runs or tags, with the ids of deleted runs */
export function runManager(signal: AbortSignal, onChange: (gone: readonly string[]) => Promise<void>): RunManager {
  const buttons = h('div', { class: 'toolbar' });
  const place = h('div', {});
  const said = h('p', { class: 'muted', role: 'status' });
  const element = h('div', { class: 'manage' }, buttons, place, said);
  let runs: readonly RunSummary[] = [];
  let notes: ReadonlyMap<string, Note> = new Map();
  let shown = '';

  const close = (): void => {
    fill(place);
    buttons.querySelector('button')?.focus();
  };
  /** @param work runs when the form is sent; its sentence is shown */
  const open = (title: string, parts: readonly (Node | string)[], doing: string, work: () => Promise<string>): void => {
    const problem = h('p', { class: 'problem', role: 'alert' });
    said.textContent = '';
    const form = h(
      'form',
      {
        class: 'note-form panel',
        'aria-label': title,
        onsubmit: (event) => {
          event.preventDefault();
          work().then(
            (sentence) => {
              close();
              said.textContent = sentence;
            },
            (error: unknown) => fill(problem, sentenceOf(error)),
          );
        },
      },
      h('h2', {}, title),
      ...parts,
      problem,
      h(
        'div',
        { class: 'controls' },
        h('button', { type: 'submit' }, doing),
        h('button', { type: 'button', class: 'quiet', onclick: close }, 'Cancel'),
      ),
    );
    fill(place, form);
    form.querySelector<HTMLElement>('input, button')?.focus();
  };

  const rename = ({ id, name }: RunSummary): void => {
    const input = h('input', { type: 'text', value: name, maxlength: 60, required: true });
    open(`Rename ${name}`, [field('New name', input)], 'Rename', async () => {
      const { name: now } = await renameRun({ id, name: input.value });
      await onChange([]);
      return `${name} is called ${now} now.`;
    });
  };
  const tag = (): void => {
    const input = h('input', { type: 'text', required: true });
    let isRemoved = false;
    const box = checkbox('Remove these tags', false, (isChecked) => (isRemoved = isChecked));
    open(`Tag ${counted(runs.length, 'run')}`, [field('Tags, separated by commas', input), box], 'Save', async () => {
      const words = input.value.split(',').flatMap((word) => word.trim() || []);
      for (const { id } of runs) {
        const { text, tags } = notes.get(id) ?? { text: '', tags: [] };
        const others = tags.filter((word) => !words.includes(word));
        await keepNote({ kind: 'run', id, text, tags: isRemoved ? others : [...new Set([...tags, ...words])] });
      }
      await onChange([]);
      return `${counted(runs.length, 'run')}: ${words.join(', ')} ${isRemoved ? 'removed' : 'added'}.`;
    });
  };
  const remove = async (): Promise<void> => {
    const ids = runs.map(({ id }) => id);
    let found: readonly KeptRun[];
    try {
      found = (await ask<KeptRunsAnswer>('/api/runs/kept', { ids: ids.join(',') }, signal)).runs;
    } catch (error) {
      if (!signal.aborted) said.textContent = sentenceOf(error);
      return;
    }
    const needed = found.filter((run) => run.needed !== null);
    let evenNeeded = false;
    const question = h('p', {});
    const tellQuestion = (): void => {
      const going = evenNeeded ? found : found.filter((run) => run.needed === null);
      const bytes = going.reduce((sum, run) => sum + run.bytes, 0);
      question.textContent =
        going.length === 0
          ? 'No run would be deleted: something needs each of them.'
          : `${counted(going.length, 'run')}, ${inMegabytes(bytes)}: ${going.map(({ name }) => name).join(', ')}. ` +
            'Deleted runs cannot be brought back; the files of their submissions stay.';
    };
    const box = checkbox('Delete these too', false, (isChecked) => {
      evenNeeded = isChecked;
      tellQuestion();
    });
    tellQuestion();
    const kept = needed.map(({ name, needed: reason }) => h('p', {}, `${name} is needed: ${reason}.`));
    open('Delete runs?', [question, ...kept, ...(needed.length > 0 ? [box] : [])], 'Delete', async () => {
      const { deleted, kept: stayed } = await deleteRuns({ ids, evenNeeded });
      await onChange(deleted.map(({ id }) => id));
      const bytes = deleted.reduce((sum, run) => sum + run.bytes, 0);
      const rest = stayed.map(({ name, needed: reason }) => ` Kept: ${name}, ${reason}.`).join('');
      return `Deleted: ${counted(deleted.length, 'run')}, ${inMegabytes(bytes)}.${rest}`;
    });
  };

  return {
    element,
    show(now, noted) {
      notes = noted;
      const key = JSON.stringify(now.map(({ id, name }) => [id, name]));
      if (key === shown) return;
      shown = key;
      runs = now;
      fill(place);
      if (runs.length === 0) return fill(buttons);
      const button = (words: string, onclick: () => void): HTMLElement =>
        h('button', { type: 'button', class: 'quiet', 'data-key': `do ${words}`, onclick }, words);
      fill(
        buttons,
        h('span', { class: 'muted' }, `${counted(runs.length, 'run')} ticked:`),
        runs.length === 1 ? button('Rename …', () => rename(runs[0])) : null,
        button('Tag …', tag),
        button('Delete …', () => void remove()),
      );
    },
  };
}
