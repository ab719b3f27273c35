/** Decodes text files in the encodings that common tools write. */

const marks: readonly { readonly encoding: string; readonly bytes: readonly number[] }[] = [
  { encoding: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', bytes: [0xff, 0xfe] },
  { encoding: 'utf-16be', bytes: [0xfe, 0xff] },
];

/**
 * Decodes UTF-8, or UTF-16 if the bytes begin with its byte-order mark (PowerShell writes it). The mark is left out.
 * Without a mark, one NUL among the first two bytes means UTF-16, since all texts here begin with an ASCII character.
 * @throws TypeError if the bytes are invalid in that encoding
 */
export const decodeText = (bytes: Uint8Array): string =>
  new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);

function encodingOf(bytes: Uint8Array): string {
  const marked = marks.find((mark) => mark.bytes.every((byte, i) => bytes[i] === byte));
  const [first, second] = bytes;
  const unmarked = first === 0 && second > 0 ? 'utf-16be' : first > 0 && second === 0 ? 'utf-16le' : 'utf-8';
  return marked?.encoding ?? unmarked;
}

/** A converter to UTF-8 that gets the bytes piece by piece. */
export interface TextPieces {
  push(chunk: Uint8Array): Uint8Array;
  /** Returns the remaining bytes at the end. */
  end(): Uint8Array;
}

/** Converts UTF-16, with a mark or without, to UTF-8 and passes other bytes on unchanged. Bytes that are invalid in UTF-16 become U+FFFD. */
export function utf8Pieces(): TextPieces {
  let first: Uint8Array = new Uint8Array(0);
  let decoder: InstanceType<typeof TextDecoder> | null | undefined;
  const recoded = (chunk: Uint8Array, stream: boolean): Uint8Array =>
    decoder ? new TextEncoder().encode(decoder.decode(chunk, { stream })) : chunk;
  return {
    push(chunk) {
      if (decoder !== undefined) return recoded(chunk, true);
      first = first.length === 0 ? chunk.slice() : Buffer.concat([first, chunk]);
      if (first.length < 2) return new Uint8Array(0);
      const encoding = encodingOf(first);
      decoder = encoding === 'utf-8' ? null : new TextDecoder(encoding);
      return recoded(first, true);
    },
    end: () => (decoder === undefined ? first : recoded(new Uint8Array(0), false)),
  };
}
