/** The bytes of a submission and the CSV in them: Kaggle takes it alone or packed, and what is sent is what was checked. */
import { basename } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { crc32, gunzipSync } from 'node:zlib';
import { type Entry, fromBufferPromise } from 'yauzl';
import { readOrdinary } from '../base/ordinary-file.ts';
import { displayPath } from '../base/paths.ts';
import { printable } from '../base/printable.ts';
import { codeOf, isMissing } from '../base/system-error.ts';
import { UserError } from '../base/user-error.ts';

/** Ten times a submission of labels with 300,000 rows. */
const LARGEST_LABELS_BYTES = 2 ** 25;

export type Packing = 'plain' | 'gzip' | 'zip';

export interface SubmissionBytes {
  /** What messages call the CSV: `swa.csv`, `swa.csv.gz`, `swa.zip/swa.csv`. */
  readonly name: string;
  /** All of the file, as it is stored. */
  readonly bytes: Buffer;
  readonly packing: Packing;
  /** The unpacked CSV. */
  readonly csv: Buffer;
}

/**
 * Reads a submission, and unpacks it if its first bytes say that it is packed.
 * @param most bytes, also unpacked
 * @throws UserError if it is missing, too large, damaged, or a zip without exactly one file
 */
export async function readSubmissionBytes(file: string, most = LARGEST_LABELS_BYTES): Promise<SubmissionBytes> {
  const name = displayPath(file);
  const bytes = await readOrdinary(file, most).catch((cause: unknown) => {
    if (isMissing(cause)) {
      throw new UserError(`${name}: expected a submission, found none. Name one that exists.`, { cause });
    }
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${name}: cannot be read (${codeOf(cause)}). Fix its permissions.`, { cause });
  });
  const packing = packingOf(bytes);
  if (packing === 'gzip') return { name, bytes, packing, csv: gunzip(name, bytes, most) };
  if (packing === 'zip') return { ...(await unzip(name, bytes, most)), bytes, packing };
  return { name, bytes, packing, csv: bytes };
}

/** By the first bytes. Source: RFC 1952, section 2.3.1; PKWARE's APPNOTE, section 4.3.7. */
function packingOf(bytes: Buffer): Packing {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  return bytes.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004' ? 'zip' : 'plain';
}

/**
 * Kaggle goes by the name when it unpacks.
 * @throws UserError unless the name of the file says how it is packed
 */
export function expectFittingName(file: string, packing: Packing): void {
  const expected = { plain: '.csv', gzip: '.csv.gz', zip: '.zip' }[packing];
  const found = basename(file).toLowerCase();
  if (found.endsWith(expected)) return;
  const what = { plain: 'a CSV', gzip: 'a CSV packed by gzip', zip: 'a zip' }[packing];
  throw new UserError(
    `${displayPath(file)}: expected a name that ends with ${expected}, since it is ${what}. Rename it.`,
  );
}

function gunzip(name: string, bytes: Buffer, most: number): Buffer {
  try {
    const { buffer: csv, engine } = gunzipSync(bytes, {
      info: true,
      maxOutputLength: most,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    const rest = bytes.length - engine.bytesWritten;
    if (rest === 0) return csv;
    throw new UserError(`${name}: expected nothing after the packed CSV, got ${rest} bytes. Pack it again.`);
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') throw tooLong(name, most);
    throw damaged(name, error);
  }
}

async function unzip(name: string, bytes: Buffer, most: number): Promise<{ name: string; csv: Buffer }> {
  try {
    const zip = await fromBufferPromise(bytes);
    const files: Entry[] = [];
    for await (const entry of zip.eachEntry()) if (!entry.fileName.endsWith('/')) files.push(entry);
    const [entry] = files;
    if (files.length !== 1 || !entry.fileName.toLowerCase().endsWith('.csv')) {
      const found = files.length === 1 ? printable(entry.fileName) : `${files.length} files`;
      throw new UserError(`${name}: expected a zip with one CSV in it, got ${found}. Pack the CSV alone.`);
    }
    const inner = `${name}/${printable(entry.fileName)}`;
    if (entry.isEncrypted()) throw new UserError(`${inner}: expected a CSV without password. Pack it again.`);
    if (entry.uncompressedSize > most) throw tooLong(inner, most);
    // It ends with an error unless as many bytes come as the zip says.
    const csv = await buffer(await zip.openReadStreamPromise(entry));
    if (crc32(csv) !== entry.crc32)
      throw new UserError(`${inner}: damaged (its checksum does not fit). Pack it again.`);
    return { name: inner, csv };
  } catch (error) {
    throw error instanceof UserError ? error : damaged(name, error);
  }
}

const damaged = (name: string, cause: unknown): UserError =>
  new UserError(
    `${name}: damaged (${printable(cause instanceof Error ? cause.message : String(cause))}). Pack it again.`,
    { cause },
  );

const tooLong = (name: string, most: number): UserError =>
  new UserError(`${name}: expected a CSV of at most ${most} bytes, got more. Shorten it.`);
