/** Makes text from outside (names, cells, keys, messages of libraries) safe to show. */

/** Characters that a terminal or browser obeys and does not show: controls, formats such as bidi marks, line ends. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * One line in which every character is visible. Invisible ones are escaped, as in `\u001b`.
 * @param longest length in characters; a longer text is cut and ends with …
 * @example printable('a\x1b[31mb') // 'a\u001b[31mb'
 */
export function printable(text: string, longest = 200): string {
  if (text.length <= longest) return text.replaceAll(invisible, escaped);
  // Bounds the work for a very long text.
  const characters = Array.from(text.slice(0, 2 * (longest + 1)));
  const isCut = characters.length > longest;
  const shown = (isCut ? characters.slice(0, longest - 1).join('') : text).replaceAll(invisible, escaped);
  return isCut ? `${shown}…` : shown;
}

/**
 * Applies `printable` to each line, for texts of several lines.
 * @param longest length of each line in characters. Default: unlimited
 */
export const printableLines = (text: string, longest = Infinity): string =>
  text
    .split('\n')
    .map((line) => printable(line, longest))
    .join('\n');

/** `printable` in quotation marks. */
export const quoted = (text: string, longest?: number): string => `"${printable(text, longest)}"`;

/** A value of any type as JSON in one `printable` line. */
export const shownJson = (value: unknown, longest?: number): string => printable(jsonOf(value), longest);

/** A value of any type in words that also tell its type: `the text "0.5"`, `{"a":1}`, `undefined`, `the bigint 3`. */
export function described(value: unknown, longest?: number): string {
  if (typeof value === 'string') return `the text ${quoted(value, longest)}`;
  if (typeof value === 'bigint') return `the bigint ${printable(String(value), longest)}`;
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  return shownJson(value, longest);
}

/**
 * `JSON.stringify` with invisible characters as escapes of JSON.
 * @param indent spaces per level. Default: one line
 */
export const visibleJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replaceAll(invisible, (character) =>
    // Line ends occur only between values.
    character === '\n' ? character : character.split('').map(codeUnit).join(''),
  );

/**
 * Text of several lines for a page or a picture. Characters that XML forbids or that change the direction of text are
 * escaped, as in `\u202e`. Line ends, tabs and joiners stay.
 */
export const visible = (text: string): string => text.replaceAll(misleading, escaped);

/** Controls, lone surrogates, line separators, bidi controls, and noncharacters. */
const misleading = /(?![\n\t])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u{fffe}\u{ffff}]/gu;

const escaped = (character: string): string =>
  character.length > 1 ? `\\u{${character.codePointAt(0)!.toString(16)}}` : codeUnit(character);

const codeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

function jsonOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  try {
    // JSON.stringify returns undefined for undefined, a function or a symbol.
    return JSON.stringify(value) ?? typeof value;
  } catch {
    // JSON.stringify throws for a cycle, a BigInt, and a too deep value.
    return typeof value;
  }
}
