/** Downloads public files from the first mirror that has them, and checks their sizes and checksums. */

import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { displayPath } from '../base/paths.ts';
import { findSource } from './archive.ts';
import { makeFolder } from '../base/make-folder.ts';
import { failureOf, proxiedFetch } from './proxied-fetch.ts';
import { hashSource } from './source.ts';
import type { OnBytes } from './transfer.ts';
import { GO_ON, LONGEST_SILENCE_MS, RANGE_NOT_SATISFIABLE, sizeOf, transfer } from './transfer.ts';
import { unwritable } from '../base/unwritable.ts';
import { UserError } from '../base/user-error.ts';

/** A file as its publisher made it. */
export interface PublicFile {
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 of the whole file, in hexadecimal digits. */
  readonly sha256: string;
}

export interface PublicFiles {
  /** Addresses that the name of a file is written behind, the preferred one first. */
  readonly mirrors: readonly string[];
  readonly files: readonly PublicFile[];
}

export interface DownloadOptions {
  /** Called while a file arrives, with the bytes that are there. */
  readonly onBytes?: (file: PublicFile, done: number) => void;
  /** A mirror that brings nothing for so long is given up. Default: 30,000 */
  readonly silenceMs?: number;
  readonly signal?: AbortSignal;
  /** For the proxy. Default: that of the process */
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Downloads what is not there yet, plain or packed. Until a file is whole and its checksum fits, it is called `….part`; a
 * later call goes on with that, from whichever mirror: all hold the same bytes.
 * @param directory made if need be
 * @returns the files that were downloaded
 * @throws UserError if no mirror gives a file, or it cannot be written; the reason of the signal when it aborts
 */
export async function downloadFiles(
  { mirrors, files }: PublicFiles,
  directory: string,
  options: DownloadOptions = {},
): Promise<PublicFile[]> {
  const downloaded: PublicFile[] = [];
  for (const file of files) {
    if (await findSource(directory, file.name.replace(/\.gz$/, ''))) continue;
    try {
      await makeFolder(directory);
      await downloadFile(mirrors, file, directory, options);
    } catch (error) {
      throw unwritable(displayPath(join(directory, file.name)), error, GO_ON);
    }
    downloaded.push(file);
  }
  return downloaded;
}

async function downloadFile(
  mirrors: readonly string[],
  file: PublicFile,
  directory: string,
  options: DownloadOptions,
): Promise<void> {
  const path = join(directory, file.name);
  const failures: string[] = [];
  for (const mirror of mirrors) {
    const address = new URL(file.name, mirror);
    try {
      await fromMirror(address, file, path, options);
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof UserError)) throw error;
      failures.push(error.message);
    }
  }
  throw new UserError(
    `${displayPath(path)}: expected it from a public mirror, got it from none. ${failures.join(' ')} ` +
      'Check the connection and start again to go on, or put the file there by hand.',
  );
}

/** @throws UserError that says what is wrong with this mirror */
async function fromMirror(address: URL, file: PublicFile, path: string, options: DownloadOptions): Promise<void> {
  const { onBytes = () => {}, silenceMs } = options;
  const part = `${path}.part`;
  const isResumed = (await sizeOf(part)) > 0;
  const checkLength: OnBytes = (done, total) => {
    const found = Math.max(done, total ?? 0);
    if (found > file.bytes || (total !== null && total < file.bytes)) {
      throw new UserError(`${address.host}: has another file, of ${found} bytes instead of ${file.bytes}.`);
    }
    onBytes(file, done);
  };
  // A part of another file is longer than this one, or not what its checksum says.
  if ((await sizeOf(part)) > file.bytes) await rm(part, { force: true });
  await transfer(part, (headers) => ask(address, headers, options), { onBytes: checkLength, silenceMs });
  try {
    const source = { name: displayPath(part), path: part, member: null, gzip: false };
    if ((await hashSource(source)) === file.sha256) return await rename(part, path);
  } catch (error) {
    // Another process was faster; it has checked the file.
    if ((await sizeOf(path)) > 0) return;
    throw error;
  }
  await rm(part, { force: true });
  if (isResumed) return fromMirror(address, file, path, options);
  throw new UserError(`${address.host}: has another file, whose checksum does not fit.`);
}

/** Follows redirects: any server may answer, since the checksum decides. */
async function ask(address: URL, headers: Record<string, string>, options: DownloadOptions): Promise<Response> {
  const { signal, environment } = options;
  const beginning = new AbortController();
  const timer = setTimeout(() => beginning.abort(), LONGEST_SILENCE_MS);
  try {
    const signals = [beginning.signal, ...(signal ? [signal] : [])];
    const response = await proxiedFetch(address, { headers, signal: AbortSignal.any(signals) }, environment);
    if (response.ok || response.status === RANGE_NOT_SATISFIABLE) return response;
    await response.body?.cancel();
    throw new UserError(`${address.host}: answers ${response.status}.`);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof UserError) throw error;
    const failure = beginning.signal.aborted ? ' (it says nothing)' : failureOf(error, address, environment);
    throw new UserError(`${address.host}: cannot be reached${failure}.`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
