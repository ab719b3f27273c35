/**
 * Sums over all 3×3 patches of a batch of grey images: Σ x[t] and Σ x[t] · x[u] for the taps t, u = 0 … 8. Everything
 * that a batch norm behind a convolution needs of it follows from these: with weights w (one channel),
 * Σ y = w · Σ x  and  Σ y² = wᵀ G w.
 */
import { type Address, FLOAT_BYTES, type KernelSpace } from './kernels.ts';
import type { FeatureMap } from './layer.ts';

const TAPS = 9;
const DOUBLE_BYTES = 8;
/** Σ x · x at the lags (0, 0…2), (1, −2…2), (2, −2…2) and Σ x: the order of the kernel `laggedProducts`. */
const LAGS = 14;
const PLAIN_SUM = 13;
const lagIndex = (dy: number, dx: number): number => (dy === 0 ? dx : 5 * dy + dx);
/** Σ x and Σ x · x at three lags along a line: the order of the kernel `lineProducts`. */
const LINE = 4;
type Edge = 0 | 1 | 2 | 3;
const [TOP, BOTTOM, LEFT, RIGHT]: Edge[] = [0, 1, 2, 3];
const EDGES = 4;

export class PatchGram {
  /** Σ x[t]: f64 [9]. */
  readonly sums = new Float64Array(TAPS);
  /** Σ x[t] · x[u]: f64 [9 × 9], symmetric. */
  readonly products = new Float64Array(TAPS * TAPS);

  readonly #space: KernelSpace;
  readonly #input: FeatureMap;
  readonly #buffer: Address;

  /** @param input with a halo of one pixel, one channel, a width that is a multiple of 4 */
  constructor(space: KernelSpace, input: FeatureMap) {
    this.#space = space;
    this.#input = input;
    this.#buffer = space.allocate((LAGS + EDGES * LINE) * DOUBLE_BYTES);
  }

  /** Replaces the sums by those of the first `images` images. */
  measure(images: number): void {
    const { kernels } = this.#space;
    const { address, rowBytes, imageBytes, shape } = this.#input;
    const { height, width } = shape;
    const totals = this.#space.doubles(this.#buffer, LAGS + EDGES * LINE).fill(0);
    kernels.laggedProducts(address, rowBytes, imageBytes, height, width, images, this.#buffer);
    const line = (edge: Edge, start: Address, step: number, length: number): void => {
      const to = this.#buffer + (LAGS + edge * LINE) * DOUBLE_BYTES;
      kernels.lineProducts(start, step, imageBytes, length, images, to);
    };
    line(TOP, address, FLOAT_BYTES, width);
    line(BOTTOM, address + (height - 1) * rowBytes, FLOAT_BYTES, width);
    line(LEFT, address, rowBytes, height);
    line(RIGHT, address + (width - 1) * FLOAT_BYTES, rowBytes, height);
    this.#assemble(totals, images);
  }

  /**
   * A tap's window is the image moved by one pixel at most: it leaves out the bottom row if ky = 0 and the top row if
   * ky = 2, the right column if kx = 0 and the left one if kx = 2. A product at a lag across an edge meets the halo
   * and is 0 anyway, so that only lags along an edge need its line taken off, and a corner, taken off twice, put back.
   */
  #assemble(totals: Float64Array, images: number): void {
    const line = (edge: Edge, entry: number): number => totals[LAGS + edge * LINE + entry];
    for (let t = 0; t < TAPS; t += 1) {
      const row = [BOTTOM, null, TOP][Math.floor(t / 3)];
      const column = [RIGHT, null, LEFT][t % 3];
      const corner = row !== null && column !== null ? this.#corner(row, column, images) : { sum: 0, squares: 0 };
      let sum = totals[PLAIN_SUM] + corner.sum;
      if (row !== null) sum -= line(row, 0);
      if (column !== null) sum -= line(column, 0);
      this.sums[t] = sum;
      for (let u = t; u < TAPS; u += 1) {
        const dy = Math.floor(u / 3) - Math.floor(t / 3);
        const dx = (u % 3) - (t % 3);
        let product = totals[lagIndex(dy, dx)];
        if (dy === 0 && row !== null) product -= line(row, 1 + dx);
        if (dx === 0 && column !== null) product -= line(column, 1 + dy);
        if (t === u) product += corner.squares;
        this.products[t * TAPS + u] = product;
        this.products[u * TAPS + t] = product;
      }
    }
  }

  #corner(row: Edge, column: Edge, images: number): { sum: number; squares: number } {
    const { address, rowBytes, imageBytes, shape } = this.#input;
    const y = row === TOP ? 0 : shape.height - 1;
    const x = column === LEFT ? 0 : shape.width - 1;
    const stride = imageBytes / FLOAT_BYTES;
    const pixels = this.#space.floats(address + y * rowBytes + x * FLOAT_BYTES, (images - 1) * stride + 1);
    let sum = 0;
    let squares = 0;
    for (let at = 0; at < pixels.length; at += stride) {
      sum += pixels[at];
      squares += pixels[at] * pixels[at];
    }
    return { sum, squares };
  }
}
