/**
 * Notes and tags of studies, runs and experiments. They are kept in an SQLite file, so that several dashboards on one
 * folder lose none even if one of them is killed.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { parseJson, readJsonIfThere } from '../base/json.ts';
import { makeFolder } from '../base/make-folder.ts';
import { expectOrdinary } from '../base/ordinary-file.ts';
import { displayPath } from '../base/paths.ts';
import { printable } from '../base/printable.ts';
import { readEach, type Unreadable } from '../base/read-each.ts';
import { TooLargeError, UserError } from '../base/user-error.ts';
import { validate } from '../base/validate.ts';

/** Most characters of all notes together. */
const MOST_CHARACTERS = 16 * 2 ** 20;
/** Most tags of a note. */
export const MOST_TAGS = 20;
/** How long a change waits for changes of other processes. */
const BUSY_MS = 5_000;
/** SQLite application id of our files ("note" in ASCII). */
const APPLICATION_ID = 0x6e6f7465;

export const noteSchema = z.strictObject(
  {
    kind: z.enum(['study', 'run', 'experiment'], '"study", "run" or "experiment"'),
    id: z.string('a text').min(1, 'a text').max(1_000, 'at most 1,000 characters'),
    text: z.string('a text').max(10_000, 'at most 10,000 characters'),
    tags: z
      .array(z.string('a text').trim().min(1, 'a word').max(50, 'at most 50 characters'), 'a list of tags')
      .max(MOST_TAGS, `at most ${MOST_TAGS} tags`),
  },
  'a note',
);

/** A user's text and tags for a study, a run or the result of an experiment. */
export interface Note {
  readonly kind: NoteKind;
  /** Name of the study or id of the run; for an experiment the names of its folder and its file. */
  readonly id: string;
  readonly text: string;
  readonly tags: readonly string[];
}

export type NoteKind = 'study' | 'run' | 'experiment';

export interface KeptNotes extends Unreadable {
  readonly notes: readonly Note[];
}

/** Schema of earlier versions, which kept all notes in one JSON file. */
const oldSchema = z.strictObject({ format: z.literal(1, 'format 1'), notes: z.array(z.unknown(), 'a list') }, 'notes');

export class Notes {
  readonly #folder: string;

  /** @param folder folder of the runs, which is created with the first note */
  constructor(folder: string) {
    this.#folder = folder;
  }

  get #file(): string {
    return join(this.#folder, 'notes.db');
  }

  /** Reads all notes. @throws UserError if none can be read */
  async read(): Promise<KeptNotes> {
    if (!(await this.#isThere())) return this.#readOld();
    // A killed writer leaves a journal, which the next reader must be able to roll back.
    const isJournalThere = await stat(`${this.#file}-journal`).then(
      () => true,
      () => false,
    );
    const rows = this.#open(!isJournalThere, (database) =>
      hasTable(database) ? database.prepare('SELECT kind, id, text, tags FROM notes ORDER BY rowid').all() : null,
    );
    return rows === null ? this.#readOld() : notesOf(rows, (row) => this.#noteOf(row));
  }

  /** A text that changes with the notes. */
  async fingerprint(): Promise<string> {
    const found = await stat(this.#file, { bigint: true }).catch(() => null);
    return found === null ? JSON.stringify(await this.#readOld().catch(() => null)) : `${found.mtimeNs} ${found.size}`;
  }

  /**
   * Replaces the note of a study or run. A note without text and tags is deleted. The change is on the disk when the
   * promise resolves.
   * @throws TooLargeError if it does not fit; UserError if the file is damaged or cannot be written
   */
  async keep({ kind, id, text, tags }: Note): Promise<void> {
    // Old notes are read before the transaction, which cannot wait for a promise.
    const old = (await this.#isThere()) ? [] : (await this.#readOld()).notes;
    await makeFolder(this.#folder).catch((error: unknown) => {
      throw this.#unusable(error);
    });
    this.#open(false, (database) => {
      database.exec(`PRAGMA synchronous = EXTRA; BEGIN IMMEDIATE`);
      try {
        prepareTable(database, old);
        if (text === '' && tags.length === 0) {
          database.prepare('DELETE FROM notes WHERE kind = ? AND id = ?').run(kind, id);
        } else put(database, { kind, id, text, tags });
        this.#expectRoom(database);
        database.exec('COMMIT');
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  async #isThere(): Promise<boolean> {
    const found = await stat(this.#file).catch(() => null);
    if (found !== null) expectOrdinary(this.#file, found);
    // A process that was killed after it created the file leaves an empty one.
    return found !== null && found.size > 0;
  }

  async #readOld(): Promise<KeptNotes> {
    const remedy = 'Fix it, or move it away.';
    const file = join(this.#folder, 'notes.json');
    const found = await readJsonIfThere(file, oldSchema, { what: 'the notes of an earlier version', remedy });
    const name = `a note in ${displayPath(file)}`;
    return notesOf(found?.notes ?? [], (note) => validate(noteSchema, note, name));
  }

  #open<T>(readOnly: boolean, work: (database: DatabaseSync) => T): T {
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(this.#file, { readOnly, timeout: BUSY_MS });
      const known = Number(database.prepare('PRAGMA application_id').get()?.application_id);
      const isEmpty = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count === 0;
      if (known !== APPLICATION_ID && !(known === 0 && isEmpty)) {
        throw new UserError(`${displayPath(this.#file)}: expected notes, found another database. Move it away.`);
      }
      return work(database);
    } catch (error) {
      throw this.#unusable(error);
    } finally {
      database?.close();
    }
  }

  #noteOf(row: Readonly<Record<string, unknown>>): Note {
    const name = `a note in ${displayPath(this.#file)}`;
    return validate(noteSchema, { ...row, tags: parseJson(String(row.tags), name) }, name);
  }

  #expectRoom(database: DatabaseSync): void {
    const { characters } = database
      .prepare('SELECT total(length(id) + length(text) + length(tags)) AS characters FROM notes')
      .get()!;
    if (Number(characters) <= MOST_CHARACTERS) return;
    throw new TooLargeError(
      `${displayPath(this.#file)}: expected at most ${MOST_CHARACTERS} characters in all notes, got ${Number(characters)} ` +
        'with this one. Shorten it, or take others away.',
    );
  }

  /** Turns an error of SQLite or the disk into a UserError. Returns any other error unchanged. */
  #unusable(error: unknown): unknown {
    if (error instanceof UserError || !(error instanceof Error && 'code' in error)) return error;
    return new UserError(
      `${displayPath(this.#file)}: notes can be neither read nor kept there (${printable(error.message)}). ` +
        'Fix its permissions, free disk space, or move the file away.',
      { cause: error },
    );
  }
}

async function notesOf<Kept>(kept: readonly Kept[], read: (kept: Kept) => Note): Promise<KeptNotes> {
  const { found: notes, unreadable } = await readEach(kept, read);
  return { notes, unreadable };
}

/** @param old notes of an earlier version, which are inserted into a new table */
function prepareTable(database: DatabaseSync, old: readonly Note[]): void {
  if (hasTable(database)) return;
  database.exec(`
    PRAGMA application_id = ${APPLICATION_ID};
    CREATE TABLE notes (
      kind TEXT NOT NULL, id TEXT NOT NULL, text TEXT NOT NULL, tags TEXT NOT NULL, UNIQUE (kind, id)
    ) STRICT;
  `);
  for (const note of old) put(database, note);
}

/** Inserts a note as a new row, so that the note that was changed last comes last. */
function put(database: DatabaseSync, { kind, id, text, tags }: Note): void {
  database
    .prepare('REPLACE INTO notes (kind, id, text, tags) VALUES (?, ?, ?, ?)')
    .run(kind, id, text, JSON.stringify(tags));
}

const hasTable = (database: DatabaseSync): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'notes'").get() !== undefined;
