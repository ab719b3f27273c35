/** Values that JSON can hold, such as the task of a study and the user attributes of its trials. */
import { depthOf } from '../base/json.ts';
import { described } from '../base/printable.ts';
import type { ParameterValue } from './distributions.ts';

export type JsonValue = ParameterValue | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Levels of brackets within a study or a trial, which add some of their own. */
const MAXIMUM_DEPTH = 60;
/** In characters. A store reads records of up to 16 MiB. */
const LONGEST_JSON = 2 ** 22;

/** @returns a copy @throws TypeError for a value that JSON cannot hold, or that no store can read again */
export function expectJson(value: JsonValue, what: string): JsonValue {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // A circle, a BigInt, or more levels than the stack holds.
  }
  if (text === undefined) {
    throw new TypeError(`Expected ${what} to be a JSON value, got ${described(value)}, or one with it inside.`);
  }
  if (text.length > LONGEST_JSON) {
    throw new TypeError(`Expected ${what} to be JSON of at most ${LONGEST_JSON} characters, got ${text.length}.`);
  }
  const copy: JsonValue = JSON.parse(text);
  if (depthOf(text) <= MAXIMUM_DEPTH) return copy;
  throw new TypeError(`Expected ${what} to be JSON of at most ${MAXIMUM_DEPTH} levels, got more.`);
}
