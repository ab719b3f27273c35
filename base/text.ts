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
  const mark = marks.find((one) => one.bytes.every((byte, i) => bytes[i] === byte));
  return new TextDecoder(mark?.encoding ?? 'utf-8', { fatal: true }).decode(bytes);
}
