/** Checks options as they come from JavaScript. Without zod, which a study in memory would have to wait for. */
import { described, printable } from '../base/printable.ts';

/** What a function is given by names: `any` is checked elsewhere. */
export type OptionKinds<Options> = { readonly [Name in keyof Options]-?: keyof typeof kinds };

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

const kinds = {
  any: null,
  function: { words: 'a function', fits: (value: unknown): boolean => typeof value === 'function' },
  object: { words: 'an object', fits: isObject },
  signal: { words: 'an AbortSignal', fits: (value: unknown): boolean => value instanceof AbortSignal },
  text: { words: 'a text', fits: (value: unknown): boolean => typeof value === 'string' },
};

/**
 * @param of the function that takes the options
 * @throws TypeError for no object, and for an option of another kind; RangeError for an unknown option
 */
export function expectOptions<Options extends object>(of: string, options: Options, known: OptionKinds<Options>): void {
  if (!isObject(options)) {
    throw new TypeError(`Expected the options of \`${of}\` to be an object, got ${described(options)}.`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(known, name)) {
      throw new RangeError(
        `Unknown key \`${printable(name)}\` in the options of \`${of}\`. Known: ${Object.keys(known).join(', ')}.`,
      );
    }
    const kind = kinds[known[name as keyof Options]];
    if (kind !== null && value !== undefined) expectKind(name, value, kind);
  }
}

/** @throws TypeError unless it is a function */
export const expectFunction = (name: string, value: unknown): void => expectKind(name, value, kinds.function);

/** @throws TypeError unless it is an object, and no list */
export const expectObject = (name: string, value: unknown): void => expectKind(name, value, kinds.object);

function expectKind(name: string, value: unknown, { words, fits }: NonNullable<(typeof kinds)['function']>): void {
  if (!fits(value)) throw new TypeError(`Expected \`${name}\` to be ${words}, got ${described(value)}.`);
}
