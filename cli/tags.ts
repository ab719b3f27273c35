/** Tags of runs and studies, which are kept with the notes of the dashboard. */
import { UserError } from '../base/user-error.ts';
import { MOST_TAGS, type NoteKind, Notes } from '../records/index.ts';
import type { Progress } from './progress.ts';
import { RUNS_DIRECTORY } from './places.ts';

/**
 * Adds tags to those that are there; the text of a note stays as it is.
 * @throws UserError if the notes cannot be written or there are too many tags
 */
export async function addTags(kind: NoteKind, ids: readonly string[], tags: readonly string[]): Promise<void> {
  if (tags.length === 0) return;
  await changeTags(kind, ids, (known) => [...new Set([...known, ...tags])]);
}

/** @throws UserError as `addTags` */
export async function changeTags(
  kind: NoteKind,
  ids: readonly string[],
  change: (tags: readonly string[]) => readonly string[],
): Promise<void> {
  const notes = new Notes(RUNS_DIRECTORY);
  const { notes: known } = await notes.read();
  for (const id of ids) {
    const note = known.find((one) => one.kind === kind && one.id === id) ?? { kind, id, text: '', tags: [] };
    const tags = change(note.tags);
    if (tags.length > MOST_TAGS) throw new UserError(`${id}: expected at most ${MOST_TAGS} tags, got ${tags.length}.`);
    await notes.keep({ ...note, tags });
  }
}

/** As `addTags` at the end of other work, which it must not spoil: a person is told what went wrong. */
export async function tryToTag(
  progress: Progress,
  kind: NoteKind,
  ids: readonly string[],
  tags: readonly string[],
): Promise<void> {
  try {
    await addTags(kind, ids, tags);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    progress.note(`The tags are not kept. ${error.message}`);
  }
}

/** What a person has kept beside a thing goes with it to its new name. @throws UserError if the notes cannot be written */
export async function renameNote(kind: NoteKind, before: string, now: string): Promise<void> {
  const notes = new Notes(RUNS_DIRECTORY);
  const { notes: known } = await notes.read();
  const note = known.find((one) => one.kind === kind && one.id === before);
  if (note === undefined) return;
  await notes.keep({ ...note, id: now });
  await notes.keep({ kind, id: before, text: '', tags: [] });
}

/** As `tagsOf`, for lists that are shown without tags if these cannot be read, which a person is told. */
export async function tagsToShow(kind: NoteKind, progress: Progress): ReturnType<typeof tagsOf> {
  try {
    return await tagsOf(kind);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    progress.note(`The tags are not shown. ${error.message}`);
    return new Map();
  }
}

/** Tags of all runs by their ids. @throws UserError if they cannot be read */
export async function tagsOf(kind: NoteKind): Promise<ReadonlyMap<string, readonly string[]>> {
  const { notes } = await new Notes(RUNS_DIRECTORY).read();
  return new Map(notes.flatMap((note) => (note.kind === kind ? [[note.id, note.tags] as const] : [])));
}
