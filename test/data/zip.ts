/** Writes zip files for tests, also wrong ones. Source: APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16. */

import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  readonly content: string | Buffer;
  /** Default: true. */
  readonly deflate?: boolean;
  /** Compression method that the zip claims. Default: the true one. */
  readonly method?: number;
  readonly encrypted?: boolean;
  /** Default: the true CRC-32. */
  readonly checksum?: number;
  /** Bytes unpacked that the zip claims. Default: the true number. */
  readonly size?: number;
  /** In the header before the data. Default: `name`. */
  readonly localName?: string;
  /** Position in the list of the entry whose data are this one's too. */
  readonly sameAs?: number;
}

/** The flag for names in that encoding. */
const UTF_8 = 1 << 11;

export function zipOf(...entries: ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const { name, content, deflate = true, encrypted = false, ...claims } of entries) {
    const raw = Buffer.from(content);
    const data = deflate ? deflateRawSync(raw) : raw;
    const { method = deflate ? 8 : 0, checksum = crc32(raw), size = raw.length, localName = name } = claims;

    // Version, flags, method, time and date, checksum, sizes, length of the name: the same in both headers.
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE((encrypted ? 1 : 0) | UTF_8, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(checksum, 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(size, 18);
    common.writeUInt16LE(name.length, 22);

    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(localName), data]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(claims.sameAs === undefined ? offset : offsets[claims.sameAs], 10);
    offsets.push(offset);
    centrals.push(Buffer.from('PK\x01\x02'), Buffer.of(20, 0), common, rest, Buffer.from(name));
    if (claims.sameAs !== undefined) continue;
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06'), end]);
}
