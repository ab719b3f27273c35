/** What a proposal tells a person, in sentences. */

import { printable } from '../../base/printable.ts';

export interface Notes {
  /** What was recognised. */
  readonly understood: string[];
  /** What a person should look at. */
  readonly unclear: string[];
}

export const VALIDATION_NAME = /(^|[^a-z])(val|valid|validation|dev)([^a-z]|$)/i;

/** @param names of files or folders that hold images and are left out */
export function notUsed(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const isValidation = names.some((name) => VALIDATION_NAME.test(name));
  const why = isValidation ? ' Folds of the training images take the place of a validation set.' : '';
  return [`Not used: ${printable(names.join(', '), 200)}.${why}`];
}
