/** Pixels that stay in a file: what is asked for is read, and the operating system keeps in memory what fits there. */

import { codeOf } from '../base/system-error.ts';
import { UserError } from '../base/user-error.ts';

/** Plain data, so that it can be sent to threads: they share the descriptors of their process. */
export interface PixelFile {
  /** What messages call it. */
  readonly name: string;
  /** Open for reading as long as the process lives, so that the file may be removed, or replaced, meanwhile. */
  readonly descriptor: number;
  /** Bytes before the first pixel. */
  readonly offset: number;
  /** Bytes of all pixels. */
  readonly bytes: number;
}

/**
 * @param at byte of the pixels
 * @param into filled whole
 * @throws UserError if the file was cut off, or its disk fails
 */
export function readPixels({ name, descriptor, offset }: PixelFile, at: number, into: Uint8Array): void {
  for (let read = 0; read < into.length;) {
    const found = readOnce(name, descriptor, into, read, offset + at + read);
    if (found === 0) throw lost(name, 'it ends early');
    read += found;
  }
}

function readOnce(name: string, descriptor: number, into: Uint8Array, from: number, position: number): number {
  try {
    // Without an import, which a network that runs in a browser could not load: its images are in memory.
    return process.getBuiltinModule('node:fs').readSync(descriptor, into, from, into.length - from, position);
  } catch (error) {
    throw lost(name, codeOf(error) || String(error));
  }
}

const lost = (name: string, why: string): UserError =>
  new UserError(
    `${name}: expected the images that were kept there, which are read while they are needed, got an ` +
      `error (${why}). Remove that file and start again: the images are then read from your files anew.`,
  );
