/**
 * Many small files in one archive, read one after another. Nothing is unpacked to the disk, so that a name in an archive
 * is a name and no path.
 */

export interface PackedFile {
  /** As the archive has it: `train/1.png`. */
  readonly name: string;
  /** Bytes that it claims to have, unpacked. */
  readonly size: number;
  /** To be called before the next file is taken. @throws UserError if it is damaged, longer or shorter */
  readonly read: () => Uint8Array;
}

export interface Packed {
  /** SHA-256 of the archive's stored bytes. */
  readonly digest: string;
  /** The files that are wanted, in the order of the archive, with each call from the first one. @throws UserError if it is damaged */
  files(): Generator<PackedFile>;
}
