/** The directory of a zip, read by yauzl: what is in it, and where. */

import type { FileHandle } from 'node:fs/promises';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { openOrdinary } from '../base/ordinary-file.ts';
import { quoted } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';

export interface OpenZip extends AsyncDisposable {
  readonly file: FileHandle;
  /** As the function of that name. */
  entries(): AsyncGenerator<Entry>;
  rangeOf(entry: Entry): Promise<{ start: number; end: number }>;
}

/** Training and test images, and as much again. */
const MOST_ENTRIES = 1_000_000;
const WINDOW_BYTES = 1 << 16;
export const STORED = 0;
export const DEFLATED = 8;

// Source: APPNOTE.TXT 6.3, sections 4.3.7 and 4.4.4.
const LOCAL_HEADER_BYTES = 30;
/** Encryption (bit 0); sum and sizes are behind the data (bit 3), and 0 in the local header. */
const ENCRYPTED = 1;
const SIZES_BEHIND = 1 << 3;
/** The size is in an extra field. */
const ZIP64 = 0xffff_ffff;

/** @throws Error saying what is wrong with the zip; UserError if it is no file; the error of the file system */
export async function openZip(path: string): Promise<OpenZip> {
  const file = await openOrdinary(path);
  try {
    const { size } = await file.stat();
    const zip = await fromRandomAccessReaderPromise(new WindowReader(file), size, { autoClose: false });
    return {
      file,
      entries: () => entriesOf(zip),
      rangeOf: (entry) => rangeOf(zip, entry),
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * The entries in their order; folders are among them, with names that end with a slash.
 * @throws Error if two files have one name, or more bytes are claimed than the zip has, as in a bomb of overlapping ones
 */
export async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  if (zip.entryCount > MOST_ENTRIES) throw new Error(`${zip.entryCount} entries, more than ${MOST_ENTRIES}`);
  const names = new Set<string>();
  let bytes = 0;
  for await (const entry of zip.eachEntry()) {
    const { fileName, fileNameLength, compressedSize } = entry;
    if (!fileName.endsWith('/')) {
      if (names.has(fileName)) throw new Error(`two entries are called ${quoted(fileName)}`);
      names.add(fileName);
    }
    bytes += LOCAL_HEADER_BYTES + fileNameLength + compressedSize;
    if (bytes > zip.fileSize) throw new Error('its entries overlap');
    yield entry;
  }
}

/**
 * Where the stored bytes of an entry lie.
 * @throws Error unless the header before them says the same as the directory
 */
export async function rangeOf(zip: ZipFile, entry: Entry): Promise<{ start: number; end: number }> {
  const local = await zip.readLocalFileHeaderPromise(entry);
  const { fileDataStart: start, generalPurposeBitFlag: flags } = local;
  const isSame =
    local.fileName.equals(entry.fileNameRaw) &&
    local.compressionMethod === entry.compressionMethod &&
    ((flags ^ entry.generalPurposeBitFlag) & ENCRYPTED) === 0;
  const isSameSize =
    (flags & SIZES_BEHIND) !== 0 ||
    (local.crc32 === entry.crc32 &&
      [entry.compressedSize, ZIP64].includes(local.compressedSize) &&
      [entry.uncompressedSize, ZIP64].includes(local.uncompressedSize));
  if (!isSame || !isSameSize) throw new Error(`two headers of ${quoted(entry.fileName)} contradict each other`);
  return { start, end: start + entry.compressedSize };
}

/** @throws UserError if the entry is encrypted, or packed in a way that we do not know */
export function expectReadable(name: string, entry: Entry): void {
  if (entry.isEncrypted()) throw new UserError(`${name}: expected an entry without password. Unpack the zip by hand.`);
  const { compressionMethod } = entry;
  if (compressionMethod === STORED || compressionMethod === DEFLATED) return;
  throw new UserError(
    `${name}: expected a stored or deflated entry, got compression method ${compressionMethod}. Unpack the zip by hand.`,
  );
}

/** Reads ahead: yauzl asks for two small pieces an entry, which takes 20 s for the 350,000 of a large competition. */
class WindowReader extends RandomAccessReader {
  readonly #file: FileHandle;
  readonly #window = Buffer.alloc(WINDOW_BYTES);
  #start = 0;
  #length = 0;

  constructor(file: FileHandle) {
    super();
    this.#file = file;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#fill(buffer.subarray(offset, offset + length), position).then(() => callback(null), callback);
  }

  async #fill(target: Buffer, position: number): Promise<void> {
    for (let filled = 0; filled < target.length;) {
      const from = position + filled - this.#start;
      if (from < 0 || from >= this.#length) {
        this.#start = position + filled;
        this.#length = (await this.#file.read(this.#window, 0, WINDOW_BYTES, this.#start)).bytesRead;
        if (this.#length === 0) throw new Error('it ends early');
        continue;
      }
      filled += this.#window.copy(target, filled, from, this.#length);
    }
  }
}
