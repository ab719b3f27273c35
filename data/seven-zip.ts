/** The files in a .7z, read by libarchive in WebAssembly. */

import { readFile, stat } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import type { LibarchiveWasm } from 'libarchive-wasm';
import { printable, quoted } from '../base/printable.ts';
import type { Packed, PackedFile } from './packed-files.ts';
import { expectSize, fileBytes, LARGEST_HELD_BYTES, loadSource, type Member, type Source } from './source.ts';
import { UserError } from '../base/user-error.ts';

/** Memory for the dictionary (at most 64 MiB by default) and the names. */
const WORKING_MEMORY_BYTES = 2 ** 29;
const PIECE_BYTES = 1 << 18;
const WASM_PAGE_BYTES = 1 << 16;
/** What a .7z calls a file, and not a folder or a link. Source: POSIX, `S_IFREG`. */
const REGULAR_FILE = 0o100000;

/**
 * Loads an archive into memory, as it is.
 * @throws UserError if it cannot be read, is too long or no .7z
 */
export async function openSevenZip(
  source: Source,
  isWanted: (name: string) => boolean,
  signal?: AbortSignal,
): Promise<Packed> {
  const loaded = await room(source.name, source.member?.bytes ?? (await stat(source.path)).size);
  const digest = await loadSource(source, loaded.length, loaded.take, signal);
  return { digest, files: () => filesIn(loaded.whole(), isWanted) };
}

/** Its files, in their order; nothing is unpacked for that. @throws UserError as `openSevenZip`, or if two have one name */
export async function sevenZipMembers(source: Source): Promise<Member[]> {
  const { name, path } = source;
  const { size: length } = await stat(path);
  const loaded = await room(name, length);
  await loadSource(source, length, loaded.take);
  const members = new Map<string, Member>();
  const unpack = (file: string): Duplex =>
    Duplex.from(async function* (chunks: AsyncIterable<Uint8Array>) {
      const again = await room(name, length);
      let read = 0;
      for await (const chunk of chunks) {
        if (read + chunk.length > length) throw damaged(name, 'it was changed while it was read');
        again.take(chunk, read);
        read += chunk.length;
      }
      for (const one of filesIn(again.whole(), (other) => other === file)) yield one.read();
    });
  for (const { file, size } of entriesIn(loaded.whole())) {
    if (members.has(file)) throw damaged(name, `two files are called ${quoted(file, 60)}`);
    const member = { file, bytes: size, packing: '7z', stored: () => fileBytes(path), unpack: () => [unpack(file)] };
    members.set(file, member);
  }
  return [...members.values()];
}

interface Loaded {
  readonly name: string;
  readonly library: LibarchiveWasm;
  readonly address: number;
  readonly length: number;
}

/** Room for an archive in the memory of the library. @throws UserError if it is too long */
async function room(name: string, length: number) {
  expectSize({ name }, length, LARGEST_HELD_BYTES);
  const library = await loadLibrary(length + WORKING_MEMORY_BYTES);
  const address = attempt(
    () => allocate(library, length),
    (reason) => new UserError(`${name}: cannot be read (${reason}). Unpack it by hand.`),
  );
  return {
    length,
    take: (chunk: Uint8Array, offset: number): void => library.module.HEAPU8.set(chunk, address + offset),
    /** @throws UserError if what was taken is no .7z */
    whole(): Loaded {
      if (!isSevenZip(Buffer.from(library.module.HEAPU8.buffer, address, length))) {
        throw damaged(name, 'it is no .7z, or cut off');
      }
      return { name, library, address, length };
    },
  };
}

/** Names and sizes alone: as long as no file is read, the library skips them without unpacking. */
function* entriesIn({ name, library, address, length }: Loaded): Generator<{ file: string; size: number }> {
  const fault = (reason: string): UserError => damaged(name, reason.toLowerCase());
  const archive = library.read_new();
  try {
    library.read_support_format_all(archive);
    attempt(() => library.read_open_memory(archive, address, length), fault);
    const next = (): number => attempt(() => library.read_next_entry(archive), fault);
    for (let entry = next(); entry !== 0; entry = next()) {
      const file: string | null = library.entry_pathname(entry);
      if (file === null || library.entry_filetype(entry) !== REGULAR_FILE) continue;
      yield { file, size: library.entry_size(entry) };
    }
    const reason = library.error_string(archive);
    if (reason) throw fault(reason);
  } finally {
    free(library, archive);
  }
}

function* filesIn(
  { name, library, address, length }: Loaded,
  isWanted: (name: string) => boolean,
): Generator<PackedFile> {
  const fault = (reason: string): UserError => damaged(name, reason.toLowerCase());
  const archive = library.read_new();
  // The bytes of all files count: skipping a file takes as long as reading it. Kaggle's largest have 700 MB.
  let unpacked = 0;
  try {
    library.read_support_format_all(archive);
    attempt(() => library.read_open_memory(archive, address, length), fault);
    const rest = attempt(() => allocate(library, PIECE_BYTES), fault);
    const next = (): number => attempt(() => library.read_next_entry(archive), fault);
    for (let entry = next(); entry !== 0; entry = next()) {
      // Null for a name that is no text.
      const file: string | null = library.entry_pathname(entry);
      if (file !== null && library.entry_filetype(entry) === REGULAR_FILE && isWanted(file)) {
        if (library.entry_is_encrypted(entry) !== 0) {
          throw new UserError(`${name}: expected files without password. Unpack it by hand.`);
        }
        const size = library.entry_size(entry);
        unpacked += size;
        yield { name: file, size, read: () => attempt(() => readData(library, archive, size), fault) };
      }
      // Not left to the library, which would skip what a few bytes claim, however long it takes.
      const piece = (): number => attempt(() => library.read_data(archive, rest, PIECE_BYTES), fault);
      for (let bytes = piece(); bytes > 0; bytes = piece()) {
        unpacked += bytes;
        if (unpacked > LARGEST_HELD_BYTES) throw tooLong(name);
      }
    }
    // There is no next one at the end, and none after damage.
    const reason = library.error_string(archive);
    if (reason) throw fault(reason);
  } finally {
    free(library, archive);
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

/** After a crash in WebAssembly even this crashes, and all its memory goes anyway. */
function free(library: LibarchiveWasm, archive: number): void {
  try {
    library.read_free(archive);
  } catch {
    // The error that ended the reading is reported instead.
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

const damaged = (name: string, reason: string): UserError =>
  new UserError(`${name}: damaged (${printable(reason)}). Download it again, or unpack it by hand.`);

const tooLong = (name: string): UserError =>
  new UserError(`${name}: expected at most ${LARGEST_HELD_BYTES} bytes unpacked, got more. Unpack it by hand.`);

let compiled: Promise<WebAssembly.Module> | undefined;

/** @param mostBytes of memory, beyond which it gets no more: a claim in a few bytes must not take 2 GiB */
async function loadLibrary(mostBytes: number): Promise<LibarchiveWasm> {
  const file = fileURLToPath(import.meta.resolve('libarchive-wasm/dist/libarchive.wasm'));
  compiled ??= readFile(file).then((bytes) => WebAssembly.compile(bytes));
  const wasm = await compiled;
  const instantiateWasm = async (
    imports: Parameters<typeof WebAssembly.instantiate>[1],
    done: (instance: unknown) => void,
  ): Promise<void> => {
    const instance = await WebAssembly.instantiate(wasm, imports);
    for (const memory of Object.values(instance.exports)) {
      if (memory instanceof WebAssembly.Memory) limit(memory, mostBytes);
    }
    done(instance);
  };
  const { libarchiveWasm } = await import('libarchive-wasm');
  return libarchiveWasm({ instantiateWasm });
}

/** The library takes the error for what it is, and its `malloc` has no more memory. */
function limit(memory: WebAssembly.Memory, mostBytes: number): void {
  const grow = memory.grow.bind(memory);
  memory.grow = (pages) => {
    if (memory.buffer.byteLength + pages * WASM_PAGE_BYTES > mostBytes) throw new RangeError('too much memory');
    return grow(pages);
  };
}

// Source: 7zFormat.txt of the 7-Zip SDK, "SignatureHeader".
const SIGNATURE = Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0]);
const START_HEADER = 12;
const HEADER_BYTES = 32;
// Source: POSIX.1-1988, ustar: the sum of a header's bytes, those of the sum itself taken for spaces.
const TAR_HEADER_BYTES = 512;
const TAR_SUM = 148;
const TAR_SUM_BYTES = 8;

/**
 * Whether libarchive takes the file for a .7z, and for nothing else: it guesses the format, and of its two dozen readers
 * many have had faults. Of them only the one for .tar would go before a .7z.
 */
function isSevenZip(file: Buffer): boolean {
  if (file.length < HEADER_BYTES || !file.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return false;
  if (crc32(file.subarray(START_HEADER, HEADER_BYTES)) !== file.readUInt32LE(8)) return false;
  const [offset, size] = [file.readBigUInt64LE(START_HEADER), file.readBigUInt64LE(START_HEADER + 8)];
  if (BigInt(HEADER_BYTES) + offset + size > file.length) return false;
  const header = file.subarray(HEADER_BYTES + Number(offset), HEADER_BYTES + Number(offset + size));
  return crc32(header) === file.readUInt32LE(START_HEADER + 16) && !isTarHeader(file.subarray(0, TAR_HEADER_BYTES));
}

function isTarHeader(block: Buffer): boolean {
  if (block.length < TAR_HEADER_BYTES) return false;
  const claimed = Number.parseInt(block.toString('latin1', TAR_SUM, TAR_SUM + TAR_SUM_BYTES), 8);
  const known = Buffer.from(block).fill(' ', TAR_SUM, TAR_SUM + TAR_SUM_BYTES);
  const unsigned = known.reduce((sum, byte) => sum + byte, 0);
  const signed = new Int8Array(known).reduce((sum, byte) => sum + byte, 0);
  return claimed === unsigned || claimed === signed;
}
