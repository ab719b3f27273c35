/**
 * The safetensors format: the length of a header in 8 bytes (little-endian), the header as JSON, the values of all
 * tensors without gap or overlap. The header names each tensor's type, shape and range of bytes.
 * Source: https://github.com/huggingface/safetensors
 */
import { z } from 'zod';
import { decodeFloats, encodeFloats } from '../../base/floats.ts';
import { parseJson } from '../../base/json.ts';
import { quoted, shownJson as shown } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { type Metadata, type ModelFile, type NamedTensor, sizeOf } from './tensors.ts';

const METADATA = '__metadata__';
const DTYPE = 'F32';
const LENGTH_BYTES = 8;
/** Readers map the values in place, so they begin at a multiple of this. */
const ALIGNMENT_BYTES = 8;
/** A thousand layers need half of it; what claims more is damaged or an attack. */
const LARGEST_HEADER_BYTES = 1_000_000;

const wholeNumber = z.int().nonnegative();
const entrySchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(wholeNumber),
  data_offsets: z.tuple([wholeNumber, wholeNumber]),
});

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** The bytes of a file. The same tensors and metadata give the same bytes. */
export function encodeSafetensors({ tensors, metadata }: ModelFile): Buffer {
  let begin = 0;
  const entries = tensors.map(({ name, shape, values }) => {
    const end = begin + values.byteLength;
    const entry = { dtype: DTYPE, shape, data_offsets: [begin, end] };
    begin = end;
    return [name, entry];
  });
  const header = Buffer.from(JSON.stringify({ [METADATA]: metadata, ...Object.fromEntries(entries) }));
  const length = Buffer.alloc(LENGTH_BYTES);
  const padding = Buffer.alloc((ALIGNMENT_BYTES - (header.length % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES, ' ');
  length.writeBigUInt64LE(BigInt(header.length + padding.length));
  return Buffer.concat([length, header, padding, encodeFloats(tensors.map(({ values }) => values))]);
}

/**
 * Reads a file of 32-bit floats; anything that the format does not allow is refused.
 * @param file for messages
 * @throws UserError naming the file and the tensor
 */
export function decodeSafetensors(bytes: Buffer, file: string): ModelFile {
  const { header, dataOffset } = readHeader(bytes, file);
  const data = bytes.subarray(dataOffset);
  const { [METADATA]: about = {}, ...rest } = header;
  if (!isMetadata(about)) throw damage(file, `expected \`${METADATA}\` to be an object of texts, got ${shown(about)}`);
  const entries = Object.entries(rest).map(([name, entry]) => readEntry(name, entry, data.length, file));
  checkRanges(entries, data.length, file);
  if (countTexts(bytes.toString('utf8', LENGTH_BYTES, dataOffset)) !== countTexts(JSON.stringify(header))) {
    throw damage(file, 'expected every name in the header once, got one twice');
  }
  const tensors = entries.map(({ name, shape, begin }): NamedTensor => {
    return { name, shape, values: decodeFloats(data, begin, sizeOf(shape)) };
  });
  return { tensors, metadata: about };
}

function readHeader(bytes: Buffer, file: string): { header: Record<string, unknown>; dataOffset: number } {
  if (bytes.length < LENGTH_BYTES) {
    throw damage(file, `expected at least ${LENGTH_BYTES} bytes, got ${bytes.length}`);
  }
  const length = bytes.readBigUInt64LE();
  if (length > LARGEST_HEADER_BYTES) {
    throw damage(file, `expected a header of at most ${LARGEST_HEADER_BYTES} bytes, got one of ${length}`);
  }
  const dataOffset = LENGTH_BYTES + Number(length);
  if (bytes.length < dataOffset) {
    throw damage(file, `expected a header of ${length} bytes, got ${bytes.length - LENGTH_BYTES}`);
  }
  const text = bytes.subarray(LENGTH_BYTES, dataOffset);
  let header: unknown;
  try {
    // With the bounds of every reader of JSON; a byte-order mark, which it takes, is no brace.
    header = parseJson(text, file);
  } catch {
    header = undefined;
  }
  if (text.toString('latin1', 0, 1) !== '{' || typeof header !== 'object' || header === null) {
    throw damage(file, 'expected a header that is a JSON object, got something else');
  }
  return { header: header as Record<string, unknown>, dataOffset };
}

const isMetadata = (value: unknown): value is Metadata =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((text) => typeof text === 'string');

/** JSON.parse keeps the last of two equal keys and says nothing; counting what is in quotes tells. */
const countTexts = (json: string): number => json.match(/"(?:[^"\\]|\\.)*"/g)?.length ?? 0;

function readEntry(name: string, value: unknown, dataBytes: number, file: string): Entry {
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) {
    throw damage(file, `expected dtype, shape and data_offsets of ${quoted(name)}, got ${shown(value)}`);
  }
  const {
    dtype,
    shape,
    data_offsets: [begin, end],
  } = parsed.data;
  if (dtype !== DTYPE) {
    throw new UserError(
      `${file}: expected ${quoted(name)} to have dtype ${DTYPE}, got ${quoted(dtype)}. Convert the file first.`,
    );
  }
  const range = `data_offsets [${begin}, ${end}]`;
  if (end - begin !== 4 * sizeOf(shape)) {
    throw damage(
      file,
      `expected ${4 * sizeOf(shape)} bytes for ${quoted(name)} of shape ${shown(shape)}, got ${range}`,
    );
  }
  if (end > dataBytes) {
    throw damage(file, `expected ${quoted(name)} to lie within the ${dataBytes} bytes of values, got ${range}`);
  }
  return { name, shape, begin, end };
}

/** Every byte belongs to one tensor. */
function checkRanges(entries: readonly Entry[], dataBytes: number, file: string): void {
  let end = 0;
  for (const entry of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== end) {
      const what = entry.begin < end ? 'overlaps another tensor' : 'leaves a gap';
      throw damage(file, `expected ${quoted(entry.name)} to begin at byte ${end} of the values, but it ${what}`);
    }
    end = entry.end;
  }
  if (end !== dataBytes) throw damage(file, `expected ${end} bytes of values, got ${dataBytes}`);
}

const damage = (file: string, what: string): UserError =>
  new UserError(`${file}: ${what}. Download the file again, or export the model again.`);
