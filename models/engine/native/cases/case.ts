/** Random sizes and addresses for calls of kernels. The caller allocates the memory and fills it. */
import type { Random } from '../../../../numerics/random.ts';
import { type Address, FLOAT_BYTES, LANES } from '../../simd/kernels.ts';

export const QUAD_BYTES = LANES * FLOAT_BYTES;
export const DOUBLE_BYTES = 8;

export type Call = readonly [kernel: string, ...numbers: number[]];

export interface Case {
  /** Calls that always run in WebAssembly, before the compared kernel. */
  readonly prepare?: readonly Call[];
  readonly calls: readonly Call[];
  /** Regions that may differ afterwards: scratch, and formats that only the kernels read. They are zero at first. */
  readonly scratch?: readonly Region[];
  readonly zeros?: readonly Region[];
}

export interface Region {
  readonly address: Address;
  readonly bytes: number;
}

/** Random sizes and memory of a case. */
export interface Source {
  readonly random: Random;
  readonly allocate: (bytes: number) => Address;
}

export const between = ({ random }: Source, low: number, high: number): number => low + random.integer(high - low + 1);
export const oneOf = <T>({ random }: Source, values: readonly T[]): T => values[random.integer(values.length)];
export const floats = (source: Source, count: number): Address => source.allocate(count * FLOAT_BYTES);
export const sums = (source: Source, quads: number): Address => source.allocate(quads * 2 * LANES * DOUBLE_BYTES);
export const scales = (source: Source, quads: number): Address => floats(source, quads * 4 * LANES);
export const someQuads = (source: Source): number => oneOf(source, [1, 1, 2, 3, 4, 5, 7, 8, 13]);
export const someImages = (source: Source): number => oneOf(source, [1, 2, 3, 4, 5, 9, 16]);

/** Images with a halo. */
export interface Haloed {
  readonly corner: Address;
  readonly inside: Address;
  readonly row: number;
  readonly image: number;
}

export function haloed(
  source: Source,
  height: number,
  width: number,
  channels: number,
  images: number,
  multiple = 1,
): Haloed {
  const padded = (pixels: number): number => Math.ceil(pixels / multiple) * multiple + 2;
  const row = padded(width) * channels * FLOAT_BYTES;
  const image = padded(height) * row;
  const corner = source.allocate(images * image + QUAD_BYTES);
  return { corner, inside: corner + row + channels * FLOAT_BYTES, row, image };
}
