/** Bytes as text, however a person's tools have written it. */

const marks: readonly { readonly encoding: string; readonly bytes: readonly number[] }[] = [
  { encoding: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', bytes: [0xff, 0xfe] },
  { encoding: 'utf-16be', bytes: [0xfe, 0xff] },
];

/**
 * UTF-8, or what a byte-order mark at the beginning says (PowerShell writes UTF-16); the mark itself is left out.
 * @throws TypeError if the bytes are no text in that encoding
 */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
}

const encodingOf = (bytes: Uint8Array): string =>
  marks.find((mark) => mark.bytes.every((byte, i) => bytes[i] === byte))?.encoding ?? 'utf-8';

/** Bytes of a text, piece by piece, in UTF-8. */
export interface TextPieces {
  push(chunk: Uint8Array): Uint8Array;
  /** What is left at the end. */
  end(): Uint8Array;
}

/** Hands on whatever is not marked as UTF-16 as it is; what is no text in UTF-16 becomes U+FFFD. */
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
