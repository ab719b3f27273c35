/** Images and labels as arrays of NumPy: .npy, or .npz, which is a zip of them. */

import { printable } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { findSource, zippedSources } from '../archive.ts';
import { placesOf } from '../axes.ts';
import type { ArraysDescription } from '../description.ts';
import { combineDigests, type ExpectedImages, type ImageFormat } from '../format.ts';
import { allocateLabels, imageSize, maximumRows } from '../images.ts';
import { labelChoices, labelReader, type LabelTexts } from '../label-table.ts';
import { type NpyHeader, NpyReader, type NpySink } from '../npy.ts';
import type { PixelRoom } from '../pixel-room.ts';
import { hashSource, packingOf, readSource, type Source } from '../source.ts';
import { openZipped } from '../zipped-files.ts';

type ArrayFile = ArraysDescription['images'];

/** @param textsOf how the file writes labels */
export function arrays({ images, labels, scale, order }: ArraysDescription, textsOf: LabelTexts): ImageFormat {
  const wanted = [images, ...(labels ? [labels] : [])];
  const names = [...new Set(wanted.map(({ file }) => file))];
  return {
    files: names,
    description: `${names.join(' and ')} (plain, .gz or in an archive)`,
    async find(directory, expected) {
      const found = await Promise.all(names.map((name) => findSource(directory, name)));
      const sources = found.filter((source) => source !== null);
      if (sources.length < names.length) {
        return { missing: names.filter((_, i) => !found[i]), beside: names.filter((_, i) => found[i]) };
      }
      const open = ({ file, key }: ArrayFile): Promise<StoredArray> => findArray(sources[names.indexOf(file)], key);
      const all = [images, ...(labels && expected.labelled ? [labels] : [])];
      return {
        names: sources.map(({ name }) => name),
        meaning: ['arrays', ...sources.map(packingOf), images, labels, scale, order, textsOf],
        async digest(signal) {
          const digests = await Promise.all(all.map(async (one) => (await open(one)).digest(signal)));
          return combineDigests(digests);
        },
        async read({ room, signal }) {
          const pixels = await open(images);
          const sink = new ImageSink(pixels.name, room, expected, { scale, order });
          const digests = [await pixels.read(sink, signal)];
          if (!labels || !expected.labelled) return { rows: sink.rows(null), digest: combineDigests(digests) };
          const array = await open(labels);
          const values = new LabelSink(array.name, sink.count, textsOf, expected);
          digests.push(await array.read(values, signal));
          return { rows: sink.rows(values.labels), digest: combineDigests(digests) };
        },
      };
    },
  };
}

/** An array in a file of its own, or in a .npz. */
export interface StoredArray {
  /** What messages call it. */
  readonly name: string;
  /** SHA-256 of the bytes as they are stored. */
  digest(signal?: AbortSignal): Promise<string>;
  /** @returns the same of what was read @throws UserError if it is damaged, or no array of numbers */
  read(sink: NpySink, signal?: AbortSignal): Promise<string>;
}

/** @param key of the array in a .npz; null for the only one */
async function findArray(source: Source, key: string | null): Promise<StoredArray> {
  const found = await arraysOf(source);
  if (found.size === 1 && (key === null || found.has(null))) return found.values().next().value!;
  const array = found.get(key);
  if (array) return array;
  throw new UserError(
    `${source.name}: expected ${key === null ? 'one array' : `an array \`${printable(key)}\``}, got ` +
      `${printable([...found.keys()].join(', '), 200) || 'none'}. Name one of them as \`key\` in the description of the competition.`,
  );
}

/** The arrays of a file by their keys; that of a .npy has the key null. @throws UserError if a .npz is damaged */
export async function arraysOf(source: Source): Promise<ReadonlyMap<string | null, StoredArray>> {
  if (!/\.npz(\.gz)?$/i.test(source.name)) return new Map([[null, storedArray(source)]]);
  // Inside another archive it is held in memory, since what is packed twice has no places to read from.
  if (source.member || source.gzip) return heldArrays(source);
  const members = await zippedSources(source.path);
  return new Map(
    members.flatMap((member) =>
      isArray(member.member!.file) ? [[keyOf(member.member!.file), storedArray(member)] as const] : [],
    ),
  );
}

const SUFFIX = '.npy';
const isArray = (file: string): boolean => file.endsWith(SUFFIX);
const keyOf = (file: string): string => file.slice(0, -SUFFIX.length);

function storedArray(source: Source): StoredArray {
  return {
    name: source.name,
    digest: (signal) => hashSource(source, signal),
    async read(sink, signal) {
      const reader = new NpyReader(source.name, sink);
      const digest = await readSource(source, (chunk) => reader.push(chunk), { signal });
      reader.end();
      return digest;
    },
  };
}

async function heldArrays(source: Source): Promise<ReadonlyMap<string, StoredArray>> {
  const packed = await openZipped(source, isArray);
  return new Map(
    Array.from(packed.files(), (file) => {
      const name = `${source.name}/${printable(file.name)}`;
      const array: StoredArray = {
        name,
        digest: () => Promise.resolve(packed.digest),
        read(sink) {
          const reader = new NpyReader(name, sink);
          reader.push(file.read());
          reader.end();
          return Promise.resolve(packed.digest);
        },
      };
      return [keyOf(file.name), array];
    }),
  );
}

/** Brings images to bytes, and puts them into the room. */
class ImageSink implements NpySink {
  count = 0;
  readonly #name: string;
  readonly #room: PixelRoom;
  readonly #expected: ExpectedImages;
  readonly #scale: readonly [number, number];
  /** Where each value of an image stands in ours; null if they stand there already. */
  readonly #places: ArrayLike<number> | null;
  #isBytes = false;

  constructor(
    name: string,
    room: PixelRoom,
    expected: ExpectedImages,
    { scale, order }: Pick<ArraysDescription, 'scale' | 'order'>,
  ) {
    this.#name = name;
    this.#room = room;
    this.#expected = expected;
    this.#scale = scale;
    this.#places = order === 'HWC' ? null : placesOf(expected.shape, order);
  }

  begin({ shape: found, type, count: values }: NpyHeader): number {
    const { shape } = this.#expected;
    const size = imageSize(shape);
    const [count = 0] = found;
    if (count < 1 || count > maximumRows || values !== count * size) {
      throw new UserError(
        `${this.#name}: expected 1 to ${maximumRows} images of ${shape.height} × ${shape.width} × ${shape.channels} ` +
          `(height × width × channels), got an array of ${found.join(' × ')}. Correct \`shape\` of the competition, or put the right file there.`,
      );
    }
    const [low, high] = this.#scale;
    this.#isBytes = type === 'u1' && low === 0 && high === 255;
    this.count = count;
    this.#room.reserve(count * size);
    return size;
  }

  take(values: ArrayLike<number>, at: number): void {
    const isSame = this.#isBytes && this.#places === null && values instanceof Uint8Array;
    this.#room.write(at, isSame ? values : this.#converted(values, at));
  }

  rows(labels: Uint16Array<SharedArrayBuffer> | null) {
    return { count: this.count, pixels: this.#room.end(), labels };
  }

  #converted(values: ArrayLike<number>, at: number): Uint8Array {
    const size = imageSize(this.#expected.shape);
    const [low, high] = this.#scale;
    const factor = 255 / (high - low);
    const bytes = new Uint8Array(values.length);
    for (let first = 0; first < values.length; first += size) {
      for (let i = 0; i < size; i += 1) {
        const value = values[first + i];
        if (!(value >= low && value <= high)) {
          throw new UserError(
            `${this.#name}: expected values from ${low} to ${high}, got ${value} in image ${(at + first) / size + 1}. ` +
              'Correct `scale` of the competition.',
          );
        }
        bytes[first + (this.#places?.[i] ?? i)] = Math.round((value - low) * factor);
      }
    }
    return bytes;
  }
}

/** Brings labels to the numbers of their classes. */
class LabelSink implements NpySink {
  readonly labels: Uint16Array<SharedArrayBuffer>;
  readonly #name: string;
  readonly #count: number;
  readonly #expected: string;
  readonly #classOf: (text: string) => number | undefined;

  /** @param count number of images */
  constructor(name: string, count: number, textsOf: LabelTexts, { classes }: ExpectedImages) {
    this.labels = allocateLabels(count);
    this.#name = name;
    this.#count = count;
    this.#expected = labelChoices(textsOf, classes);
    this.#classOf = labelReader(textsOf, classes);
  }

  begin({ shape, count }: NpyHeader): number {
    if (count === this.#count) return 1;
    throw new UserError(
      `${this.#name}: expected ${this.#count} labels, one for each image, got an array of ${shape.join(' × ')}. ` +
        'Put two files that belong together there.',
    );
  }

  take(values: ArrayLike<number>, at: number): void {
    for (let i = 0; i < values.length; i += 1) {
      const label = this.#classOf(String(values[i]));
      if (label === undefined) {
        throw new UserError(
          `${this.#name}: expected labels to be ${this.#expected}, got ${values[i]} for image ${at + i + 1}. ` +
            'Correct `classes` or `labels` of the competition.',
        );
      }
      this.labels[at + i] = label;
    }
  }
}
