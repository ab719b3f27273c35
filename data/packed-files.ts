/**
 * The files in a .7z or .zip, one after another, read by libarchive in WebAssembly. Nothing is unpacked to the disk, so
 * that a name in an archive is a name and no path.
 */

import { stat } from 'node:fs/promises';
import { libarchiveWasm, type LibarchiveWasm } from 'libarchive-wasm';
import { readSource, type Source } from './archive.ts';
import { UserError } from '../base/user-error.ts';

export interface PackedFile {
  /** As the archive has it: `train/1.png`. */
  readonly name: string;
  /** Bytes that it claims to have, unpacked. */
  readonly size: number;
  /** To be called before the next file is taken. @throws UserError if it is damaged, longer or shorter */
  readonly read: () => Uint8Array;
}

export interface Packed {
  /** SHA-256 of the archive's stored bytes. */
  readonly digest: string;
  /** All files in the order of the archive, with each call from the first one. @throws UserError if it is damaged */
  files(): Generator<PackedFile>;
}

/** Of the 2 GiB that WebAssembly has here; Kaggle's largest takes 610 MB. */
const MAXIMUM_BYTES = 2 ** 30;
/** What a zip or .7z calls a file, and not a folder or a link. Source: POSIX, `S_IFREG`. */
const REGULAR_FILE = 0o100000;

/**
 * Loads an archive into memory, as it is.
 * @throws UserError if it cannot be read or is too long
 */
export async function openPacked(source: Source): Promise<Packed> {
  const { name, path, entry } = source;
  const length = entry?.uncompressedSize ?? (await stat(path)).size;
  if (length > MAXIMUM_BYTES) {
    throw new UserError(`${name}: expected at most ${MAXIMUM_BYTES} bytes, got ${length}. Unpack it by hand.`);
  }
  const library = await libarchiveWasm();
  const address = attempt(
    () => allocate(library, length),
    (reason) => new UserError(`${name}: cannot be read (${reason}). Unpack it by hand.`),
  );
  let read = 0;
  const digest = await readSource(source, (chunk) => {
    if (read + chunk.length > length) throw changed(source);
    library.module.HEAPU8.set(chunk, address + read);
    read += chunk.length;
  });
  if (read < length) throw changed(source);
  return { digest, files: () => filesIn(name, library, address, length) };
}

const changed = ({ name }: Source): UserError =>
  new UserError(`${name}: damaged, or changed while it was read. Download it again.`);

function* filesIn(name: string, library: LibarchiveWasm, address: number, length: number): Generator<PackedFile> {
  const archive = library.read_new();
  const damaged = (reason: string): UserError =>
    new UserError(`${name}: damaged (${reason.toLowerCase()}). Download it again, or unpack it by hand.`);
  try {
    library.read_support_format_all(archive);
    attempt(() => library.read_open_memory(archive, address, length), damaged);
    const next = (): number => attempt(() => library.read_next_entry(archive), damaged);
    for (let entry = next(); entry !== 0; entry = next()) {
      if (library.entry_filetype(entry) !== REGULAR_FILE) continue;
      if (library.entry_is_encrypted(entry) !== 0) {
        throw new UserError(`${name}: expected files without password. Unpack it by hand.`);
      }
      const size = library.entry_size(entry);
      const read = (): Uint8Array => attempt(() => readData(library, archive, size), damaged);
      // Null for a name that is no text.
      const file: string | null = library.entry_pathname(entry);
      if (file !== null) yield { name: file, size, read };
    }
    // There is no next one at the end, and none after damage.
    const reason = library.error_string(archive);
    if (reason) throw damaged(reason);
  } finally {
    library.read_free(archive);
  }
}

/** Asks for a byte more than there should be: at the end the library checks the sum. */
function readData(library: LibarchiveWasm, archive: number, size: number): Uint8Array {
  const { module } = library;
  const address = allocate(library, size + 1);
  try {
    const read = library.read_data(archive, address, size + 1);
    if (read !== size) throw new Error('a file is not as long as it claims to be');
    return module.HEAPU8.slice(address, address + size);
  } finally {
    const { _free: release } = module;
    release(address);
  }
}

/** @throws Error if there is not so much memory */
function allocate(library: LibarchiveWasm, bytes: number): number {
  const { _malloc: malloc } = library.module;
  const address: number = malloc(bytes);
  if (address === 0) throw new Error(`no memory for ${bytes} bytes`);
  return address;
}

function attempt<T>(act: () => T, failure: (reason: string) => Error): T {
  try {
    return act();
  } catch (error) {
    throw failure(error instanceof Error ? error.message : String(error));
  }
}
