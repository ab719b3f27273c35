/** JSON as Python writes it: with NaN and Infinity. */
import { parseJson } from '../base/json.ts';

/**
 * @returns null in place of NaN
 * @throws UserError that names the place at which it is no JSON
 */
export function parsePythonJson(text: string, name: string): unknown {
  return parseJson(text.includes('NaN') || text.includes('Infinity') ? withoutWords(text) : text, name);
}

/** `1e999` is read as infinite. Texts stay as they are. */
const withoutWords = (text: string): string =>
  text.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"|NaN|Infinity/g, (found) =>
    found === 'NaN' ? 'null' : found === 'Infinity' ? '1e999' : found,
  );
