/** Notes and tags of studies and runs, in one small file: the only thing that the dashboard writes, when it is asked to. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { displayPath } from '../../base/paths.ts';
import { makeFolder } from '../../base/make-folder.ts';
import { replaceFile } from '../../base/replace-file.ts';
import { UserError } from '../../base/user-error.ts';
import { validate } from '../../base/validate.ts';
import type { Note } from '../api.ts';

const LARGEST_FILE_BYTES = 16 * 2 ** 20;

export const noteSchema = z.strictObject(
  {
    kind: z.enum(['study', 'run'], '"study" or "run"'),
    id: z.string('a text').min(1, 'a text').max(1_000, 'at most 1,000 characters'),
    text: z.string('a text').max(10_000, 'at most 10,000 characters'),
    tags: z
      .array(z.string('a text').trim().min(1, 'a word').max(50, 'at most 50 characters'), 'a list of tags')
      .max(20, 'at most 20 tags'),
  },
  'a note',
);

const fileSchema = z.strictObject({ format: z.literal(1, 'format 1'), notes: z.array(noteSchema, 'a list') }, 'notes');

export class Notes {
  readonly #folder: string;
  /** Changes follow each other, so that none takes back another. */
  #lastChange: Promise<unknown> = Promise.resolve();

  /** @param folder of the runs; made with the first note */
  constructor(folder: string) {
    this.#folder = folder;
  }

  get #file(): string {
    return join(this.#folder, 'notes.json');
  }

  /** @throws UserError if the file is damaged or too large */
  async read(): Promise<readonly Note[]> {
    const name = displayPath(this.#file);
    const size = await stat(this.#file).then(
      (found) => found.size,
      () => null,
    );
    if (size === null) return [];
    if (size > LARGEST_FILE_BYTES) {
      throw new UserError(`${name}: expected at most ${LARGEST_FILE_BYTES} bytes, got ${size}. Move the file away.`);
    }
    let json: unknown;
    try {
      json = JSON.parse(await readFile(this.#file, 'utf8'));
    } catch (cause) {
      throw new UserError(`${name}: expected JSON, got something else. Mend it, or move it away.`, { cause });
    }
    return validate(fileSchema, json, name).notes;
  }

  /** Changes with the file. */
  async fingerprint(): Promise<string> {
    return stat(this.#file).then(
      ({ mtimeMs, size }) => `${mtimeMs} ${size}`,
      () => 'none',
    );
  }

  /** Puts the note in the place of the one for the same thing; one without text and tags is taken away. */
  async keep(note: Note): Promise<void> {
    const change = this.#lastChange.then(async () => {
      const others = (await this.read()).filter(({ kind, id }) => kind !== note.kind || id !== note.id);
      const notes = note.text === '' && note.tags.length === 0 ? others : [...others, note];
      await makeFolder(this.#folder);
      await replaceFile(this.#file, `${JSON.stringify({ format: 1, notes }, null, 2)}\n`);
    });
    this.#lastChange = change.catch(() => {});
    return change;
  }
}
