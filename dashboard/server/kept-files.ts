/** Files that commands write while the dashboard runs. Each is read again only when it has changed. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { readEach, type Unreadable } from '../../base/read-each.ts';
import { UnknownError } from './answer.ts';

export interface KeptFile {
  readonly id: string;
  readonly path: string;
  /** Another one after each change. */
  readonly version: string;
  /** ISO 8601. */
  readonly writtenAt: string;
}

/** @returns null if there is no such regular file */
export async function lookAt(id: string, path: string): Promise<KeptFile | null> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) return null;
  return { id, path, version: `${found.mtimeMs} ${found.size}`, writtenAt: found.mtime.toISOString() };
}

/** Names in a folder, which need not exist. */
export async function namesIn(folder: string, isWanted: (entry: Dirent) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter(isWanted).map(({ name }) => name);
}

export class KeptFiles<Content> {
  readonly #look: () => Promise<readonly (KeptFile | null)[]>;
  readonly #read: (file: KeptFile) => Promise<Content>;
  readonly #known = new Map<string, { readonly version: string; readonly content: Content }>();

  /**
   * @param look looks at all files; null stands for one that is not there
   * @param read reads one of them @throws UserError if it is damaged
   */
  constructor(look: () => Promise<readonly (KeptFile | null)[]>, read: (file: KeptFile) => Promise<Content>) {
    this.#look = look;
    this.#read = read;
  }

  /** What the files hold, newest first. */
  async list(): Promise<Unreadable & { readonly found: Content[] }> {
    return readEach(await this.#files(), (file) => this.read(file));
  }

  /**
   * Text from a request becomes part of a path only if it is the id of a file.
   * @param what the file in words, for the refusal
   * @throws UnknownError
   */
  async find(id: string, what: string): Promise<KeptFile> {
    const found = (await this.#files()).find((file) => file.id === id);
    if (found === undefined) throw new UnknownError(`Unknown ${what}. It may have been deleted.`);
    return found;
  }

  async read(file: KeptFile): Promise<Content> {
    const known = this.#known.get(file.id);
    if (known?.version === file.version) return known.content;
    const content = await this.#read(file);
    this.#known.set(file.id, { version: file.version, content });
    return content;
  }

  /** A text that changes when files appear, disappear or change. */
  async fingerprint(): Promise<string> {
    return JSON.stringify(await this.#files());
  }

  async #files(): Promise<KeptFile[]> {
    const found = (await this.#look()).filter((file) => file !== null);
    return found.toSorted((a, b) => b.writtenAt.localeCompare(a.writtenAt) || a.id.localeCompare(b.id));
  }
}
