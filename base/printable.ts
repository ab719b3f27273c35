/** Text that comes from outside (names, cells, keys, messages of libraries) as a message may show it. */

/** What a terminal or a browser would act on in place of showing: controls, formats such as bidi marks, line ends. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * One line in which every character can be seen: those that cannot are written as `\u001b`.
 * @param longest in characters; what is longer ends with …
 * @example printable('a\x1b[31mb') // 'a\u001b[31mb'
 */
export function printable(text: string, longest = 200): string {
  // Bounds the work for a text of gigabytes.
  const characters = Array.from(text.slice(0, 2 * (longest + 1)));
  const isCut = characters.length > longest;
  const shown = (isCut ? characters.slice(0, longest - 1).join('') : text).replaceAll(invisible, escaped);
  return isCut ? `${shown}…` : shown;
}

/** `printable` in quotation marks. */
export const quoted = (text: string, longest?: number): string => `"${printable(text, longest)}"`;

/** A value of any kind, as JSON in one `printable` line. */
export const shownJson = (value: unknown, longest?: number): string => printable(jsonOf(value), longest);

/** A value of any kind in words that tell kinds apart: `the text "0.5"`, `{"a":1}`, `undefined`, `the bigint 3`. */
export function described(value: unknown, longest?: number): string {
  if (typeof value === 'string') return `the text ${quoted(value, longest)}`;
  if (typeof value === 'bigint') return `the bigint ${printable(String(value), longest)}`;
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  return shownJson(value, longest);
}

const escaped = (character: string): string => {
  const code = character.codePointAt(0)!.toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
};

function jsonOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  try {
    // Nothing for undefined, a function or a symbol.
    return JSON.stringify(value) ?? typeof value;
  } catch {
    // A circle, a BigInt, or more levels than the stack holds.
    return typeof value;
  }
}
