/** Shows the note and the tags of a study, a run or an experiment, and edits them in place. */
import type { Unreadable } from '../../base/read-each.ts';
import type { Note, NoteKind, NotesAnswer } from '../api.ts';
import { ask, keepNote, sentenceOf } from './ask.ts';
import { field, fill, h } from './dom.ts';

export const tagList = (tags: readonly string[]): HTMLElement =>
  h('span', { class: 'tags' }, ...tags.map((tag) => h('span', { class: 'tag' }, tag)));

export interface Noted extends Unreadable {
  /** Notes by name of the study, or by id of the run or the result of an experiment. */
  readonly notes: ReadonlyMap<string, Note>;
}

export async function readNotes(kind: NoteKind, signal: AbortSignal): Promise<Noted> {
  const { notes, unreadable } = await ask<NotesAnswer>('/api/notes', {}, signal);
  return { notes: new Map(notes.filter((note) => note.kind === kind).map((note) => [note.id, note])), unreadable };
}

export interface NoteEditor {
  readonly element: HTMLElement;
  /** Shows the note, unless it is being edited. */
  show(note: Note | undefined): void;
}

export function noteEditor(kind: NoteKind, id: string): NoteEditor {
  const element = h('div', { class: 'note' });
  let isEditing = false;
  let shown: Note = { kind, id, text: '', tags: [] };

  const read = (): void => {
    isEditing = false;
    const { text, tags } = shown;
    const isEmpty = text === '' && tags.length === 0;
    fill(
      element,
      tags.length > 0 ? tagList(tags) : null,
      text === '' ? null : h('p', { class: 'note-text' }, text),
      h(
        'button',
        { type: 'button', class: 'quiet', 'data-key': 'note', onclick: edit },
        isEmpty ? 'Add a note' : 'Change',
      ),
    );
  };
  const edit = (): void => {
    isEditing = true;
    const text = h('textarea', { rows: 3, maxlength: 10_000 });
    text.value = shown.text;
    const tags = h('input', { type: 'text', value: shown.tags.join(', ') });
    const problem = h('p', { class: 'problem', role: 'alert' });
    const save = async (): Promise<void> => {
      const words = tags.value.split(',').map((tag) => tag.trim());
      const note = { kind, id, text: text.value.trim(), tags: [...new Set(words.filter((tag) => tag !== ''))] };
      try {
        await keepNote(note);
        shown = note;
        read();
      } catch (error) {
        fill(problem, sentenceOf(error));
      }
    };
    fill(
      element,
      h(
        'form',
        {
          class: 'note-form',
          onsubmit: (event) => {
            event.preventDefault();
            void save();
          },
        },
        field('Note', text),
        field('Tags, separated by commas', tags),
        problem,
        h(
          'div',
          { class: 'controls' },
          h('button', { type: 'submit' }, 'Save'),
          h('button', { type: 'button', class: 'quiet', onclick: read }, 'Cancel'),
        ),
      ),
    );
    text.focus();
  };
  read();
  return {
    element,
    show(note) {
      shown = note ?? { kind, id, text: '', tags: [] };
      if (!isEditing) read();
    },
  };
}
