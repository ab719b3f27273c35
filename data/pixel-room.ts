/** Where the pixels of images go while they are read: into memory, or into a file of the cache where they are many. */

import { closeSync, ftruncateSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { inMegabytes } from '../base/format.ts';
import { makeFolderSync } from '../base/make-folder.ts';
import { displayPath } from '../base/paths.ts';
import { codeOf } from '../base/system-error.ts';
import { temporaryName } from '../base/temporary-file.ts';
import { UserError } from '../base/user-error.ts';
import { type PixelFile, readPixels } from './pixel-file.ts';

/** Bytes of a cache file before its pixels. */
export const HEADER_BYTES = 12;

export interface RoomOptions {
  /** Folder of the cache. */
  readonly directory: string;
  /** Bytes of pixels that are held in memory; more go into a file. */
  readonly mostInMemory: number;
  /** Bytes that are held in memory where a file is not possible. Default: the memory that is available. */
  readonly mostWithoutFile?: number;
}

/** For one reading. It ends with `end` and the keeping of the file, or with `drop`. */
export class PixelRoom {
  readonly #options: RoomOptions | null;
  readonly #mostWithoutFile: number;
  #bytes = 0;
  #memory: Uint8Array<SharedArrayBuffer> | null = null;
  /** What was added to a room of unknown size and is in memory. */
  #blocks: Uint8Array[] = [];
  #file: PixelFile | null = null;
  #path = '';
  /** Why there is no file. */
  #refusal: string | null = null;

  /** @param options null for memory alone */
  constructor(options: RoomOptions | null) {
    this.#options = options;
    this.#mostWithoutFile = options?.mostWithoutFile ?? process.availableMemory();
  }

  /**
   * Takes room for pixels whose number is known; they are 0 until they are written.
   * @throws UserError if there is not so much, neither in memory nor in the folder
   */
  reserve(bytes: number): void {
    this.#bytes = bytes;
    if (!this.#isForFile(bytes) || !this.#openFile(bytes)) this.#memory = new Uint8Array(new SharedArrayBuffer(bytes));
    else ftruncateSync(this.#file!.descriptor, HEADER_BYTES + bytes);
  }

  /** @param at byte of the room that was reserved @throws UserError if the disk is full */
  write(at: number, pixels: Uint8Array): void {
    if (this.#memory) this.#memory.set(pixels, at);
    else this.#writeFile(at, pixels);
  }

  /**
   * Adds pixels where their number is known at the end only.
   * @param block kept as it is
   * @throws UserError as `reserve` and `write`
   */
  add(block: Uint8Array): void {
    const at = this.#bytes;
    this.#bytes += block.length;
    if (!this.#file && this.#isForFile(this.#bytes) && this.#openFile(this.#bytes)) {
      let to = 0;
      for (const one of this.#blocks) {
        this.#writeFile(to, one);
        to += one.length;
      }
      this.#blocks = [];
    }
    if (this.#file) this.#writeFile(at, block);
    else this.#blocks.push(block);
  }

  /** Drops all rows of `size` bytes but some, which stay in their order. @param rows ascending */
  keep(rows: readonly number[], size: number): void {
    const row = new Uint8Array(size);
    for (const [to, from] of rows.entries()) {
      if (to === from) continue;
      if (this.#memory) this.#memory.copyWithin(to * size, from * size, (from + 1) * size);
      else {
        readPixels(this.#file!, from * size, row);
        this.#writeFile(to * size, row);
      }
    }
    this.#bytes = rows.length * size;
  }

  /** All that was written. */
  end(): Uint8Array<SharedArrayBuffer> | PixelFile {
    const bytes = this.#bytes;
    if (this.#file) return { ...this.#file, bytes };
    if (this.#memory) return this.#memory.subarray(0, bytes);
    const memory = new Uint8Array(new SharedArrayBuffer(bytes));
    let at = 0;
    for (const [i, block] of this.#blocks.entries()) {
      memory.set(block, at);
      at += block.length;
      // Given back one by one, so that all images are not there twice.
      this.#blocks[i] = NOTHING;
    }
    return memory;
  }

  /** The file with the pixels, which has no header yet, if there is one. */
  get path(): string | null {
    return this.#file && this.#path;
  }

  /** Removes the file, if there is one. */
  drop(): void {
    if (!this.#file) return;
    closeSync(this.#file.descriptor);
    this.#file = null;
    rmSync(this.#path, { force: true });
  }

  #isForFile(bytes: number): boolean {
    return this.#options !== null && bytes > this.#options.mostInMemory;
  }

  /** @returns whether there is a file @throws UserError if there is none, and the memory is too small */
  #openFile(bytes: number): boolean {
    const { directory } = this.#options!;
    this.#refusal ??= this.#tryFile(directory, bytes);
    if (this.#refusal === null) return true;
    if (bytes <= this.#mostWithoutFile) return false;
    throw noRoom(directory, this.#refusal);
  }

  /** @returns why it is not possible */
  #tryFile(directory: string, bytes: number): string | null {
    try {
      makeFolderSync(directory);
      const { bavail, bsize } = statfsSync(directory);
      if (bavail * bsize < HEADER_BYTES + bytes) return `${inMegabytes(bavail * bsize)} of ${inMegabytes(bytes)}`;
      this.#path = temporaryName(join(directory, 'pixels'));
      const descriptor = openSync(this.#path, 'wx+');
      this.#file = { name: displayPath(this.#path), descriptor, offset: HEADER_BYTES, bytes: 0 };
      return null;
    } catch (error) {
      return codeOf(error) || String(error);
    }
  }

  #writeFile(at: number, pixels: Uint8Array): void {
    try {
      writeWhole(this.#file!.descriptor, pixels, HEADER_BYTES + at);
    } catch (error) {
      throw noRoom(this.#options!.directory, codeOf(error) || String(error));
    }
  }
}

/** One call of the system may write less. @throws the error of the file system */
export function writeWhole(descriptor: number, bytes: NodeJS.ArrayBufferView, position: number): void {
  for (let written = 0; written < bytes.byteLength;) {
    written += writeSync(descriptor, bytes, written, bytes.byteLength - written, position + written);
  }
}

const NOTHING = new Uint8Array(0);

const noRoom = (directory: string, found: string): UserError =>
  new UserError(
    `${displayPath(directory)}: expected room for the images, which are too many for the memory, got ${found}. ` +
      'Free disk space there, fix its permissions, or start in a folder of another disk.',
  );
