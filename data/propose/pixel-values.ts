/** The values that pixels of a file have: the scale that they suggest, and the few that lie outside of it by mistake. */

import { integer } from '../../base/format.ts';

export type Scale = [low: number, high: number];

/** So many of all values may lie outside of a scale that the others have, and one always. */
const MOST_STRAY = 0.001;
/** Largest values of whole numbers that files have. */
const TOPS = [1, 3, 7, 15, 16, 31, 63, 127, 255];

export class PixelValues {
  count = 0;
  low = Infinity;
  high = -Infinity;
  isWhole = true;
  /** Those that are no fractions between −1 and 1, and those that are no bytes. */
  readonly #units = new Strays(-1, 1);
  readonly #bytes = new Strays(0, 255);

  /** @param value passed over if it is none: whoever reads it names it @param at says where it is, if that is asked for */
  add(value: number, at: () => string): void {
    if (Number.isNaN(value)) return;
    this.count += 1;
    if (value < this.low) this.low = value;
    if (value > this.high) this.high = value;
    this.isWhole &&= Number.isInteger(value);
    this.#units.add(value, at);
    this.#bytes.add(value, at);
  }

  /** These, and then others. */
  with(others: PixelValues): PixelValues {
    const all = new PixelValues();
    for (const one of [this, others]) {
      all.count += one.count;
      all.low = Math.min(all.low, one.low);
      all.high = Math.max(all.high, one.high);
      all.isWhole &&= one.isWhole;
      all.#units.join(one.#units);
      all.#bytes.join(one.#bytes);
    }
    return all;
  }

  /**
   * The scale of all or of nearly all values, and a sentence on the few others; null for none.
   * @param usual a scale that all of them have; null if they have none that is usual
   */
  suggest(usual: Scale | null): { scale: Scale; stray: string | null } {
    if (usual) return { scale: usual, stray: null };
    const { low, high } = this;
    return this.#nearlyAll() ?? { scale: low === high ? [low, low + 1] : [low, high], stray: null };
  }

  /** Null where the others are more than a few, or none. */
  #nearlyAll(): { scale: Scale; stray: string } | null {
    const [units, bytes] = [this.#units, this.#bytes];
    const areFew = ({ count }: Strays): boolean => count > 0 && count <= Math.max(1, MOST_STRAY * this.count);
    // What is computed, as by a resampling, may go a little beyond both ends.
    if (areFew(units) && units.near === 0) return this.#without(units, [units.lowest < 0 ? -1 : 0, 1]);
    if (!areFew(bytes) || (bytes.near > 0 && !this.isWhole)) return null;
    return this.#without(bytes, [0, this.isWhole ? topOf(bytes.highest) : 255]);
  }

  #without({ count, first }: Strays, scale: Scale): { scale: Scale; stray: string } {
    const [lie, them] = count === 1 ? ['lies', 'it'] : ['lie', 'them'];
    const all = [Math.min(this.low, scale[0]), Math.max(this.high, scale[1])];
    const otherwise = all.every(Number.isFinite)
      ? `, or write "scale": [${all.join(', ')}] if such values are meant`
      : '';
    const stray =
      `${integer(count)} of ${integer(this.count)} values ${lie} outside ${scale.join(' … ')}, first ${first}. ` +
      `Correct ${them}${otherwise}.`;
    return { scale, stray };
  }
}

/** The least usual end of a scale of whole numbers from 0. */
export const topOf = (high: number): number => TOPS.find((top) => high <= top) ?? 255;

/** Values outside of a range. */
class Strays {
  count = 0;
  /** How many of them lie no farther away than the range is wide. */
  near = 0;
  /** The first of them, and where it is. */
  first = '';
  /** Ends of the values within the range. */
  lowest = Infinity;
  highest = -Infinity;
  readonly #low: number;
  readonly #high: number;

  constructor(low: number, high: number) {
    this.#low = low;
    this.#high = high;
  }

  add(value: number, at: () => string): void {
    const [low, high] = [this.#low, this.#high];
    if (value >= low && value <= high) {
      if (value < this.lowest) this.lowest = value;
      if (value > this.highest) this.highest = value;
      return;
    }
    if (this.count === 0) this.first = `${value} in ${at()}`;
    this.count += 1;
    if (value >= 2 * low - high && value <= 2 * high - low) this.near += 1;
  }

  join({ count, near, first, lowest, highest }: Strays): void {
    if (this.count === 0) this.first = first;
    this.count += count;
    this.near += near;
    this.lowest = Math.min(this.lowest, lowest);
    this.highest = Math.max(this.highest, highest);
  }
}
