/** Bytes as text, however a person's tools have written it. */

const marks: readonly { readonly encoding: string; readonly bytes: readonly number[] }[] = [
  { encoding: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', bytes: [0xff, 0xfe] },
  { encoding: 'utf-16be', bytes: [0xfe, 0xff] },
];

/**
 * UTF-8, or what a byte-order mark at the beginning says (PowerShell writes UTF-16); the mark itself is left out.
 * Without a mark, a NUL among the first two bytes says UTF-16: no text of ours begins with other than ASCII.
 * @throws TypeError if the bytes are no text in that encoding
 */
export function decodeText(bytes: Uint8Array): string {
  const mark = marks.find((one) => one.bytes.every((byte, i) => bytes[i] === byte));
  const unmarked = bytes[0] === 0 ? 'utf-16be' : bytes[1] === 0 ? 'utf-16le' : 'utf-8';
  return new TextDecoder(mark?.encoding ?? unmarked, { fatal: true }).decode(bytes);
}
