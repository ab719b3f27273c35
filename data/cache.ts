/**
 * Images as they were read, kept on disk by the content they came from: a file that was edited has another key, whatever its
 * size and date. The cache is a convenience, so no failure of it is an error: what cannot be read is parsed again, and
 * what cannot be written is left out.
 */

import { closeSync, fsyncSync, fstatSync, ftruncateSync } from 'node:fs';
import { type FileHandle, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { ExpectedImages } from './format.ts';
import { allocateRows, bytesOfPixels, imageSize, pixelPieces, type PixelRows } from './images.ts';
import { makeFolder } from '../base/make-folder.ts';
import { openOrdinary, openOrdinarySync } from '../base/ordinary-file.ts';
import { displayPath } from '../base/paths.ts';
import { replaceFile } from '../base/replace-file.ts';
import { sha256 } from '../base/sha256.ts';
import type { PixelFile } from './pixel-file.ts';
import { HEADER_BYTES, writeWhole } from './pixel-room.ts';

/** Raise it when the bytes of a cache file, or the rules of a format's reader, change. */
const FORMAT = 4;
/** Newest files that are kept: train and test of a few competitions, 33 MB for the largest of Digit Recognizer, 922 MB of Kaggle's CIFAR-10. */
const KEPT_FILES = 8;
/** A temporary file that has not changed for this long. */
const DEAD_MS = 3_600_000;
const PIECE_BYTES = 1 << 26;
/** Less than this is parsed about as fast as it is found in the cache. */
const MINIMUM_PIXEL_BYTES = 1 << 20;

/**
 * Key of images: their stored bytes, and what those are read as.
 * @param digest SHA-256 of the stored bytes
 * @param meaning of `FoundImages`
 * @param expected which images they must be
 */
export function cacheKey(digest: string, meaning: unknown, expected: ExpectedImages): string {
  return sha256(JSON.stringify([FORMAT, digest, meaning, expected]));
}

/**
 * The rows that were kept under that key; null if the file is missing, damaged or cut off.
 * @param mostInMemory bytes of pixels that are read into memory; more stay in the file
 */
export async function readCache(
  directory: string,
  key: string,
  expected: ExpectedImages,
  mostInMemory: number,
): Promise<PixelRows | null> {
  try {
    const path = cacheFile(directory, key);
    await using file = await openOrdinary(path);
    const header = new Uint32Array(HEADER_BYTES / Uint32Array.BYTES_PER_ELEMENT);
    await file.read(header);
    const [count, checksum, namesBytes] = header;
    // Checked before memory is taken: a damaged count must not ask for gigabytes.
    const { shape, labelled } = expected;
    const rowBytes = imageSize(shape) + (labelled ? Uint16Array.BYTES_PER_ELEMENT : 0);
    if (count === 0 || (await file.stat()).size !== header.byteLength + namesBytes + count * rowBytes) return null;
    const pixelBytes = count * imageSize(shape);
    const staysInFile = pixelBytes > mostInMemory;
    const allocated = allocateRows(count, staysInFile ? 0 : imageSize(shape), labelled);
    const end = HEADER_BYTES + pixelBytes;
    const names = Buffer.alloc(namesBytes);
    if (allocated.labels) await readAll(file, allocated.labels, end);
    await readAll(file, names, end + (allocated.labels?.byteLength ?? 0));
    if (!staysInFile) await readAll(file, allocated.pixels, HEADER_BYTES);
    const rows = staysInFile ? { ...allocated, pixels: openPixels(path, pixelBytes) } : allocated;
    return checksumOf(key, rows, names) === checksum ? { ...rows, ...namesOf(names) } : null;
  } catch {
    return null;
  }
}

const opened = new Map<string, PixelFile>();

/** Opens each file once: nobody can say when the last thread has read the last image. */
function openPixels(path: string, bytes: number): PixelFile {
  const descriptor = openOrdinarySync(path);
  const key = stateOf(descriptor);
  const known = opened.get(key);
  if (known) {
    closeSync(descriptor);
    return known;
  }
  const file = { name: displayPath(path), descriptor, offset: HEADER_BYTES, bytes };
  opened.set(key, file);
  return file;
}

function stateOf(descriptor: number): string {
  const { dev, ino, mtimeMs, size } = fstatSync(descriptor);
  return [dev, ino, mtimeMs, size].join(' ');
}

/** In pieces: one call of the system reads less than 2 GiB. @throws Error at the end of the file */
async function readAll(file: FileHandle, into: NodeJS.ArrayBufferView, position: number): Promise<void> {
  for (let read = 0; read < into.byteLength;) {
    const piece = new Uint8Array(into.buffer, into.byteOffset + read, Math.min(PIECE_BYTES, into.byteLength - read));
    const { bytesRead } = await file.read(piece, 0, piece.length, position + read);
    if (bytesRead === 0) throw new Error('it ends early');
    read += bytesRead;
  }
}

/**
 * Keeps rows under a key, whole or not at all, and drops the oldest files.
 * @param least bytes of pixels that are kept. Default: 1 MiB.
 */
export async function writeCache(
  directory: string,
  key: string,
  rows: PixelRows,
  least = MINIMUM_PIXEL_BYTES,
): Promise<void> {
  if (bytesOfPixels(rows) < least) return;
  try {
    await makeFolder(directory);
    await replaceFile(cacheFile(directory, key), wholeOf(key, rows));
    await tidyCache(directory);
  } catch {
    // A cache that cannot be written, or a full disk: the next load reads the file again.
  }
}

/**
 * Keeps rows whose pixels were written to a file of that folder already.
 * @param path of the file
 * @returns the rows, whose file has its own name now; where that was not possible, it is there for this process alone
 */
export async function keepFile(directory: string, key: string, path: string, rows: PixelRows): Promise<PixelRows> {
  const { pixels } = rows;
  if (pixels instanceof Uint8Array) throw new TypeError('Expected pixels in a file, got some in memory.');
  const { descriptor, bytes } = pixels;
  const kept = cacheFile(directory, key);
  try {
    const { header, rest } = partsOf(key, rows);
    ftruncateSync(descriptor, HEADER_BYTES + bytes);
    let at = HEADER_BYTES + bytes;
    for (const part of rest) {
      writeWhole(descriptor, part, at);
      at += part.byteLength;
    }
    fsyncSync(descriptor);
    writeWhole(descriptor, header, 0);
    fsyncSync(descriptor);
    await rename(path, kept);
    const file = { ...pixels, name: displayPath(kept) };
    opened.set(stateOf(descriptor), file);
    await tidyCache(directory);
    return { ...rows, pixels: file };
  } catch {
    // As in `writeCache`. Whoever has opened a file reads it after its name is gone.
    await rm(path, { force: true }).catch(() => {});
    return rows;
  }
}

/** What stands before the pixels, and behind them. */
function partsOf(key: string, rows: PixelRows): { header: Uint32Array; rest: readonly Uint8Array[] } {
  const { count, labels, ids, broken } = rows;
  const names = Buffer.from(ids || broken ? JSON.stringify({ ids, broken }) : '');
  const header = Uint32Array.of(count, checksumOf(key, rows, names), names.length);
  return { header, rest: [...(labels ? [Buffer.from(labels.buffer)] : []), names] };
}

function* wholeOf(key: string, rows: PixelRows): Generator<NodeJS.ArrayBufferView> {
  const { header, rest } = partsOf(key, rows);
  yield header;
  yield* pixelPieces(rows);
  yield* rest;
}

const cacheFile = (directory: string, key: string): string => join(directory, `${key}.images`);

/** The checksum has shown that these are our own bytes. */
const namesOf = (names: Buffer): Pick<PixelRows, 'ids' | 'broken'> =>
  names.length === 0 ? {} : JSON.parse(names.toString());

/** CRC-32 over key, count, labels, pixels and names, so that a file under another key's name does not fit either. */
function checksumOf(key: string, { count, labels, pixels }: PixelRows, names: Buffer): number {
  let sum = crc32(labels ?? '', crc32(`${key} ${count}`));
  for (const piece of pixelPieces({ pixels })) sum = crc32(piece, sum);
  return crc32(names, sum);
}

/**
 * Removes the oldest files and what dead processes left: what is still written changes all the time, and other temporary
 * files are of such.
 */
export async function tidyCache(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => /\.(images|tmp)$/.test(name));
  const files = await Promise.all(
    names.map(async (name) => ({ name, modified: (await stat(join(directory, name))).mtimeMs })),
  );
  const [unfinished, finished] = [true, false].map((is) => files.filter(({ name }) => name.endsWith('.tmp') === is));
  const oldest = finished.toSorted((a, b) => b.modified - a.modified).slice(KEPT_FILES);
  const dead = unfinished.filter(({ modified }) => modified < Date.now() - DEAD_MS);
  await Promise.all([...oldest, ...dead].map(({ name }) => rm(join(directory, name), { force: true })));
}
