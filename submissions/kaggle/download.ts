/** Downloads the files of a competition as Kaggle's zip, which the readers of `data/` open as it is. */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { displayPath } from '../../base/paths.ts';
import { checkZip, type Ask, GO_ON, type OnBytes, sizeOf, transfer } from '../../data/index.ts';
import { makeFolder } from '../../base/make-folder.ts';
import { codeOf } from '../../base/system-error.ts';
import { unwritable } from '../../base/unwritable.ts';
import { UserError } from '../../base/user-error.ts';
import type { Client } from './client.ts';

export interface Downloaded {
  /** Path of the zip. */
  readonly file: string;
  readonly bytes: number;
  /** Names of the files in it. */
  readonly entries: readonly string[];
}

/**
 * Downloads `<competition>.zip`. Until it is whole and every file in it has been checked, it is called `….zip.part`; a
 * later call goes on with that file. If what comes of it is damaged, since Kaggle's file has changed, it begins anew.
 * @param directory made if need be
 * @throws UserError if the zip is there already, cannot be written, is refused, or breaks off too often
 */
export async function downloadCompetition(
  client: Client,
  competition: string,
  directory: string,
  { force = false, onBytes = () => {} }: { force?: boolean; onBytes?: OnBytes } = {},
): Promise<Downloaded> {
  const file = join(directory, `${competition}.zip`);
  const part = `${file}.part`;
  const name = displayPath(file);
  const answer: Ask = (headers) => ask(client, competition, headers);
  try {
    if (!force && (await sizeOf(file)) > 0) {
      throw new UserError(`${name}: expected no such file, found one. Use --force to download it again.`);
    }
    await makeFolder(directory);
    const isResumed = (await sizeOf(part)) > 0;
    await transfer(part, answer, { onBytes });
    const entries = await checked(part).catch(async (error: unknown) => {
      if (!isResumed || !(error instanceof UserError)) throw error;
      await transfer(part, answer, { onBytes });
      return checked(part);
    });
    await rename(part, file);
    return { file, bytes: await sizeOf(file), entries };
  } catch (error) {
    // What this process had received is gone.
    if (codeOf(error) === 'ENOENT') {
      throw new UserError(
        `${displayPath(part)}: expected what was downloaded, found no file: another download into this folder has ` +
          'taken it away. Let one end before you start the next.',
        { cause: error },
      );
    }
    throw unwritable(name, error, GO_ON);
  }
}

/** @throws UserError if Kaggle answers with a page instead of a file */
async function ask(client: Client, competition: string, headers: Record<string, string>): Promise<Response> {
  const response = await client.get(`/competitions/data/download-all/${competition}`, competition, headers);
  if (!response.headers.get('content-type')?.startsWith('text/html')) return response;
  await response.body?.cancel();
  throw new UserError(
    `${client.host}: expected a file, got a web page. Accept the rules of ${competition} there, and start again.`,
  );
}

/** Names of the files in the zip. A damaged one is removed, so that the next download does not go on with it. */
async function checked(part: string): Promise<string[]> {
  try {
    const names = await checkZip(part);
    if (names.length > 0) return names;
    throw new UserError(
      `${displayPath(part)}: expected a zip with files, got one without any. Look at the data of the competition on ` +
        'its page, and start again.',
    );
  } catch (error) {
    await rm(part);
    throw error;
  }
}
