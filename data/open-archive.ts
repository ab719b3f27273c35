/** Many small files of an archive of any kind, in memory. */

import { UserError } from '../base/user-error.ts';
import type { Packed } from './packed-files.ts';
import { openSevenZip } from './seven-zip.ts';
import { LARGEST_HELD_BYTES, type Source } from './source.ts';
import { readTar } from './tar.ts';
import { openZipped } from './zipped-files.ts';

/**
 * @param source the archive, which may itself lie in one
 * @throws UserError if it cannot be read, is damaged or too long
 */
export function openArchive(
  source: Source,
  isWanted: (name: string) => boolean,
  signal?: AbortSignal,
): Promise<Packed> {
  const file = source.member?.file ?? source.path;
  if (/\.7z$/i.test(file)) return openSevenZip(source, isWanted, signal);
  return /\.zip$/i.test(file) ? openZipped(source, isWanted, signal) : openTar(source, isWanted, signal);
}

async function openTar(source: Source, isWanted: (name: string) => boolean, signal?: AbortSignal): Promise<Packed> {
  const files = new Map<string, Uint8Array>();
  let held = 0;
  const room = (path: string, bytes: number): Uint8Array | null => {
    if (!isWanted(path)) return null;
    held += bytes;
    if (held > LARGEST_HELD_BYTES) {
      throw new UserError(
        `${source.name}: expected at most ${LARGEST_HELD_BYTES} bytes of images, got more. Unpack it by hand.`,
      );
    }
    const content = new Uint8Array(bytes);
    files.set(path, content);
    return content;
  };
  const digest = await readTar(source, room, signal);
  return {
    digest,
    *files() {
      for (const [name, content] of files) yield { name, size: content.length, read: () => content };
    },
  };
}
