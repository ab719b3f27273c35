/** Reads a file that holds a secret. */
import { openOrdinary } from '../../base/ordinary-file.ts';
import { codeOf, isMissing } from '../../base/system-error.ts';
import { UserError } from '../../base/user-error.ts';

/** Credentials are a line; a longer file is something else. */
const MAXIMUM_BYTES = 10_000;
/** Permissions of the group and of others. */
const OTHERS = 0o077;

/**
 * @param name what messages call it
 * @returns null if there is no such file
 * @throws UserError if others can read it too, it is longer than credentials are, or it cannot be read
 */
export async function readPrivate(path: string, name: string): Promise<Buffer | null> {
  try {
    await using file = await openOrdinary(path);
    const { mode } = await file.stat();
    // Windows has no such permissions.
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      const found = (mode & 0o777).toString(8);
      throw new UserError(
        `${name}: expected a file that only you can read, got mode ${found}. Type: chmod 600 ${name}`,
      );
    }
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAXIMUM_BYTES + 1));
    if (bytesRead > MAXIMUM_BYTES) {
      throw new UserError(`${name}: expected credentials, got more than ${MAXIMUM_BYTES} bytes. Fix the file.`);
    }
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (error instanceof UserError || codeOf(error) === '') throw error;
    // A long token is the name of no file.
    if (isMissing(error) || codeOf(error) === 'ENAMETOOLONG') return null;
    throw new UserError(`${name}: cannot be read (${codeOf(error)}). Fix its permissions.`, { cause: error });
  }
}
