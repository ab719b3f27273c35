/** Reads JSON that comes from outside: from a user, a file or a server. */
import type { z } from 'zod';
import { readOrdinary, readOrdinarySync } from './ordinary-file.ts';
import { displayPath } from './paths.ts';
import { printable } from './printable.ts';
import { isMissing } from './system-error.ts';
import { decodeText } from './text.ts';
import { UserError } from './user-error.ts';
import { validate } from './validate.ts';

/** Deepest accepted nesting: more than our files need, and less than overflows the stack. */
const MAXIMUM_DEPTH = 64;
const LARGEST_FILE_BYTES = 16 * 2 ** 20;
/** The first of two lines that npm prints before a script, also into a file if the output is redirected. */
const npmBanner = /^\s*> [^\s@]+@\S+ \S+\s*\n> /;

export interface JsonFileOptions {
  /** What is expected, for the message. Default: `a JSON file`. */
  readonly what?: string;
  /** What to do about a file that is not as expected: a sentence. Default: `Fix it.`, or `Put it there.` if it is missing. */
  readonly remedy?: string;
  /** Default: 16 MiB. */
  readonly maximumBytes?: number;
}

/**
 * Parses JSON.
 * @param content text, or bytes in UTF-8 or UTF-16
 * @param name name of the file or option, for the message
 * @throws UserError naming the position of a syntax error, or if there are more than 64 levels
 */
export function parseJson(content: string | Uint8Array, name: string, remedy = 'Fix it.'): unknown {
  const refused = (reason: string, cause?: unknown): UserError =>
    new UserError(`${name}: expected JSON, got something else (${reason}). ${remedy}`, { cause });
  let text: string;
  try {
    text = typeof content === 'string' ? content.replace(/^\uFEFF/, '') : decodeText(content);
  } catch (error) {
    throw refused('neither UTF-8 nor UTF-16', error);
  }
  if (npmBanner.test(text.slice(0, 1_000))) {
    throw new UserError(
      `${name}: expected JSON, got two lines of npm before it. Write the file with silent npm (npm -s run … > FILE).`,
    );
  }
  try {
    return parseBounded(text);
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${name}: ${error.message} ${remedy}`);
    throw refused(printable(String(error)), error);
  }
}

/** @throws SyntaxError; UserError if there are more than 64 levels */
export function parseBounded(text: string): unknown {
  if (depthOf(text) > MAXIMUM_DEPTH)
    throw new UserError(`expected at most ${MAXIMUM_DEPTH} levels of brackets, got more.`);
  return JSON.parse(text);
}

/**
 * Parses the value of an option, which is JSON or the name of a JSON file.
 * @param flag name of the option, for the message
 * @throws UserError if it is neither
 */
export function parseJsonOrFile(text: string, flag: string): { readonly name: string; readonly json: unknown } {
  if (/^\s*[[{]/.test(text)) return { name: flag, json: parseJson(text, flag) };
  const name = displayPath(text);
  let bytes: Uint8Array;
  try {
    bytes = readOrdinarySync(text, LARGEST_FILE_BYTES);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${name}: expected a readable JSON file, or JSON, after ${flag}, found none.`, {
      cause: error,
    });
  }
  return { name, json: parseJson(bytes, name) };
}

/**
 * Reads a JSON file and checks its content.
 * @throws UserError if it is missing, cannot be read, is too large, is no JSON, or does not match the schema
 */
export async function readJson<T>(file: string, schema: z.ZodType<T>, options: JsonFileOptions = {}): Promise<T> {
  const bytes = await readOrdinary(file, options.maximumBytes ?? LARGEST_FILE_BYTES).catch((error: unknown) => {
    throw unreadable(error, file, options);
  });
  return contentOf(bytes, file, schema, options);
}

/** Like `readJson`, but synchronous, for files that an option names. */
export function readJsonSync<T>(file: string, schema: z.ZodType<T>, options: JsonFileOptions = {}): T {
  let bytes: Uint8Array;
  try {
    bytes = readOrdinarySync(file, options.maximumBytes ?? LARGEST_FILE_BYTES);
  } catch (error) {
    throw unreadable(error, file, options);
  }
  return contentOf(bytes, file, schema, options);
}

/** Like `readJson`. @returns null if the file is missing */
export async function readJsonIfThere<T>(
  file: string,
  schema: z.ZodType<T>,
  options: JsonFileOptions = {},
): Promise<T | null> {
  const bytes = await readOrdinary(file, options.maximumBytes ?? LARGEST_FILE_BYTES).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw unreadable(error, file, options);
  });
  return bytes && contentOf(bytes, file, schema, options);
}

function contentOf<T>(bytes: Uint8Array, file: string, schema: z.ZodType<T>, { remedy }: JsonFileOptions): T {
  const name = displayPath(file);
  return validate(schema, parseJson(bytes, name, remedy), name);
}

/** An error of the file system as a UserError; another one as it is. */
function unreadable(error: unknown, file: string, { what = 'a JSON file', remedy }: JsonFileOptions): unknown {
  if (error instanceof UserError || !(error instanceof Error && 'syscall' in error)) return error;
  const found = isMissing(error)
    ? `found none. ${remedy ?? 'Put it there.'}`
    : `found one that cannot be read (${error.message}). ${remedy ?? 'Fix it.'}`;
  return new UserError(`${displayPath(file)}: expected ${what}, ${found}`, { cause: error });
}

/** The deepest nesting of brackets outside of strings, counted without recursion. */
export function depthOf(text: string): number {
  // Most texts of a store are flat, and it has many: searching for a character is quicker than looking at each.
  if (!text.includes('{', 1) && !text.includes('[', 1)) return text.startsWith('{') || text.startsWith('[') ? 1 : 0;
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === BACKSLASH) i += 1;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (code === OPEN_BRACKET || code === OPEN_BRACE) deepest = Math.max(deepest, (depth += 1));
    else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) depth -= 1;
  }
  return deepest;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
