/** Small files that are named by numbers, `train/1.png`, `train/2.png`, …: as a folder, or in an archive. */

import { createHash } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { displayPath } from '../base/paths.ts';
import { codeOf } from '../base/system-error.ts';
import { openOrdinarySync } from '../base/ordinary-file.ts';
import { printable, quoted } from '../base/printable.ts';
import { readFolder } from '../base/read-folder.ts';
import { findArchiveWith, findUnzipped } from './archive.ts';
import { maximumRows } from './images.ts';
import { openArchive } from './open-archive.ts';
import { hashSource, packingOf, type Source } from './source.ts';
import { UserError } from '../base/user-error.ts';

export interface NumberedFiles {
  /** What messages call the folder or archive. */
  readonly name: string;
  /** How it is packed. */
  readonly packing: string;
  /** SHA-256 of the stored bytes. */
  digest(signal?: AbortSignal): Promise<string>;
  /**
   * Reads all files.
   * @param prepare takes their count, before the first one; they are then numbered from 1
   * @param take gets each of them once, in any order: what messages call it, its number, and its bytes, which it must not keep
   * @returns the digest of the bytes as they were during this reading
   * @throws UserError if a number is missing or there twice, or a file cannot be read, is damaged or too long; an error
   *   when the signal aborts
   */
  read(
    prepare: (count: number) => void,
    take: (name: string, number: number, content: Uint8Array) => void,
    signal?: AbortSignal,
  ): Promise<string>;
}

/** A small image without any compression, and room for remarks. */
const MAXIMUM_BYTES = 1 << 16;
/** Files between which other work of the process has its turn. */
const TURN = 256;

/**
 * Looks for the folder, for FOLDER.7z alone or in an archive, and for an archive that holds the folder. Where a folder lies in
 * one of the same name, which is how some programs unpack, the inner one is meant.
 * @returns null if nothing is there
 */
export async function findNumbered(
  directory: string,
  folder: string,
  extension: string,
): Promise<NumberedFiles | null> {
  for (const path of [join(directory, folder), join(directory, folder, folder)]) {
    const files = await numberedIn(path, extension);
    if (files.length > 0) return inFolder(path, extension, files);
  }
  const sevenZip = `${folder}.7z`;
  const alone = await findUnzipped(directory, [sevenZip]);
  if (alone) return inArchive(alone, folder, extension);
  const isSevenZip = (name: string): boolean => name === sevenZip || name === `${sevenZip}/${sevenZip}`;
  const isWanted = (name: string): boolean =>
    isSevenZip(name) || (name.startsWith(`${folder}/`) && name.endsWith(extension));
  const found = await findArchiveWith(directory, folder, isWanted);
  if (!found) return null;
  const { archive, file } = found;
  return inArchive(isSevenZip(file.member?.file ?? '') ? file : archive, folder, extension);
}

/** Names of the files in the folder, none if there is no folder. */
async function numberedIn(path: string, extension: string): Promise<string[]> {
  return (await readFolder(path)).filter((name) => isMeant(name, extension));
}

/** Not those that systems put beside others, such as `._1.png`. */
const isMeant = (name: string, extension: string): boolean => name.endsWith(extension) && !name.startsWith('.');

function inFolder(path: string, extension: string, files: readonly string[]): NumberedFiles {
  const name = displayPath(path);
  const read: NumberedFiles['read'] = async (prepare, take, signal) => {
    const count = checkNumbers(name, files, extension);
    prepare(count);
    const hash = createHash('sha256');
    const room = Buffer.alloc(MAXIMUM_BYTES + 1);
    for (let number = 1; number <= count; number += 1) {
      const file = `${number}${extension}`;
      const content = readSmall(join(path, file), room);
      hash.update(`${content.length} `).update(content);
      take(`${name}/${file}`, number, content);
      if (number % TURN === 0) await setImmediate();
      signal?.throwIfAborted();
    }
    return hash.digest('hex');
  };
  const digest: NumberedFiles['digest'] = (signal) =>
    read(
      () => {},
      () => {},
      signal,
    );
  return { name, packing: 'folder', digest, read };
}

/** Not with promises: 10,000 files take .04 s of CPU time this way, and 1.5 s that way. */
function readSmall(path: string, room: Buffer): Buffer {
  let length: number;
  try {
    const file = openOrdinarySync(path);
    try {
      length = readSync(file, room, 0, room.length, 0);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    const code = codeOf(error);
    throw new UserError(`${displayPath(path)}: cannot be read (${code}). Put a readable file there.`, { cause: error });
  }
  checkSize(displayPath(path), length);
  return room.subarray(0, length);
}

function inArchive(source: Source, folder: string, extension: string): NumberedFiles {
  const prefix = `${folder}/`;
  const isWanted = (name: string): boolean => name.startsWith(prefix) && isMeant(name.slice(prefix.length), extension);
  const nameOf = (file: string): string => `${source.name}/${printable(file)}`;
  return {
    name: source.name,
    packing: packingOf(source),
    digest: (signal) => hashSource(source, signal),
    async read(prepare, take, signal) {
      const packed = await openArchive(source, isWanted, signal);
      const names: string[] = [];
      for (const { name, size } of packed.files()) {
        checkSize(nameOf(name), size);
        names.push(name.slice(prefix.length));
        if (names.length > maximumRows) break;
      }
      const count = checkNumbers(`${source.name}/${folder}`, names, extension);
      prepare(count);
      let taken = 0;
      for (const { name, read } of packed.files()) {
        take(nameOf(name), Number.parseInt(name.slice(prefix.length), 10), read());
        taken += 1;
        if (taken % TURN === 0) await setImmediate();
        signal?.throwIfAborted();
      }
      return packed.digest;
    },
  };
}

function checkSize(name: string, bytes: number): void {
  if (bytes >= 0 && bytes <= MAXIMUM_BYTES) return;
  throw new UserError(`${name}: expected a file of at most ${MAXIMUM_BYTES} bytes, got more. Put the right one there.`);
}

/** @returns how many they are, if they are 1 to that number */
function checkNumbers(name: string, files: readonly string[], extension: string): number {
  const count = files.length;
  if (count === 0 || count > maximumRows) {
    throw new UserError(
      `${name}: expected 1 to ${maximumRows} files *${extension}, got ${count}. Put the files of one competition there.`,
    );
  }
  const seen = new Uint8Array(count);
  const beyond: string[] = [];
  for (const file of files) {
    const number = /^[1-9]\d{0,8}$/.exec(file.slice(0, -extension.length))?.[0];
    if (number === undefined) {
      throw new UserError(`${name}: expected files 1${extension}, 2${extension}, …, got ${quoted(file)}. Remove it.`);
    }
    if (Number(number) > count) beyond.push(file);
    else seen[Number(number) - 1] += 1;
  }
  const twice = seen.findIndex((times) => times > 1);
  if (twice >= 0) {
    throw new UserError(`${name}: expected each file once, got ${twice + 1}${extension} twice. Download it again.`);
  }
  const missing = seen.indexOf(0);
  if (missing === -1) return count;
  throw new UserError(
    `${name}: expected files 1${extension} to ${count}${extension}, got no ${missing + 1}${extension}, but ${beyond[0]}. ` +
      'Add what is missing, or download it again.',
  );
}
