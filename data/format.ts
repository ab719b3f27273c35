/** How images are stored: the contract of the formats in `formats/`, and the search for the one that is there. */

import { sha256 } from '../base/sha256.ts';
import type { Column } from './description.ts';
import type { ImageShape, PixelRows } from './images.ts';
import type { PixelRoom } from './pixel-room.ts';

/** What the files must hold, whatever their format. */
export interface ExpectedImages {
  readonly shape: ImageShape;
  /** Name of each class. */
  readonly classes: readonly string[];
  /** Whether each image comes with its class. */
  readonly labelled: boolean;
  /** Column of the group or the fold of each image, where one is asked for. */
  readonly part?: Column;
  /** Whether no two images may have the same id: a submission names each of them once. */
  readonly eachIdOnce?: true;
}

export interface ImageFormat {
  /** Files and folders that it needs, as their publisher names them. */
  readonly files: readonly string[];
  /** The same for a person who wants to put them there: `train.csv (plain, .gz or in an archive)`. */
  readonly description: string;
  /**
   * Looks for the files without reading them.
   * @throws UserError if one cannot be read
   */
  find(directory: string, expected: ExpectedImages): Promise<FoundImages | MissingFiles>;
}

/** Images that are there, not yet read. */
export interface FoundImages {
  /** What messages call the files that are read: `data/raw/x/train.csv.gz`. */
  readonly names: readonly string[];
  /** What their bytes are read as, and how they are unpacked: all that decides the images beside the bytes. */
  readonly meaning: unknown;
  /**
   * SHA-256 of the bytes as they are stored, packed or not.
   * @throws UserError if they cannot be read; an error when the signal aborts
   */
  digest(signal?: AbortSignal): Promise<string>;
  /**
   * @throws UserError naming the file and the place in it if anything is not as expected; an error when the signal aborts
   */
  read(reading: Reading): Promise<ReadImages>;
}

/** For whoever waits until images are read. */
export interface Watch {
  /** Ends the reading. */
  readonly signal?: AbortSignal;
  /** Told of image files how many of them are decoded. */
  readonly onImages?: (done: number, total: number) => void;
}

export interface Reading extends Watch {
  /** For pixels that may be too many for the memory. */
  readonly room: PixelRoom;
}

export interface MissingFiles {
  /** Names of what a person must put there. */
  readonly missing: readonly string[];
  /** What lies there of the same format without being enough; empty if nothing does. */
  readonly beside: readonly string[];
}

export interface ReadImages {
  readonly rows: PixelRows;
  /** Digest of the bytes that were read; equal to `digest()` unless the file was changed during the reading. */
  readonly digest: string;
}

/** The images in the first format whose files are all there, or what is missing. */
export type ImageSearch =
  | { readonly format: ImageFormat; readonly images: FoundImages }
  | { readonly format: null; readonly missing: MissingImages };

/** Like `MissingFiles`: for the format that has some of its files there, else with all formats described. */
export interface MissingImages {
  readonly files: string;
  readonly beside: readonly string[];
}

/**
 * Looks for the formats in order of preference.
 * @throws UserError if no format is complete and one of them cannot be read
 */
export async function findImages(
  formats: readonly ImageFormat[],
  directory: string,
  expected: ExpectedImages,
): Promise<ImageSearch> {
  let unreadable: unknown = null;
  let partial: MissingImages | null = null;
  for (const format of formats) {
    try {
      const found = await format.find(directory, expected);
      if (!('missing' in found)) return { format, images: found };
      const { missing, beside } = found;
      if (beside.length > 0) partial ??= { files: missing.join(' and '), beside };
    } catch (error) {
      unreadable ??= error;
    }
  }
  if (unreadable !== null) throw unreadable;
  const files = formats.map((format) => format.files.join(' and ')).join(' or ');
  return { format: null, missing: partial ?? { files, beside: [] } };
}

/** One digest for files that are read together. */
export const combineDigests = (digests: readonly string[]): string => sha256(digests.join());
