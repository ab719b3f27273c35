import { UserError } from './user-error.ts';

/**
 * The sentence for a user if a file or a folder cannot be written; any other error than that of the file system as it
 * is.
 * @param name of the file or folder, as messages show it
 * @param remedy a sentence that says what to do
 */
export function unwritable(name: string, error: unknown, remedy: string): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  return new UserError(`${name}: cannot be written (${error.message}). ${remedy}`, { cause: error });
}
