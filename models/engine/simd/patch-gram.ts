/**
 * Sums over all 3×3 patches of a batch of grey images: Σ x[t] and Σ x[t] · x[u] for the taps t, u = 0 … 8. The moments
 * of a convolution's output, which batch norm needs, follow from these: with weights w (one channel), Σ y = w · Σ x
 * and  Σ y² = wᵀ G w.
 */
import type { ImageShape } from '../../../data/index.ts';
import { type Address, FLOAT_BYTES, type KernelSpace, LANES } from './kernels.ts';

const TAPS = 9;
const DOUBLE_BYTES = 8;
const PIXEL_BYTES = 2;
/** Factor from bytes to the floats of the network. */
const SCALE = Math.fround(1 / 255);

/** Layout of the kernel's sums: two for each of Σ x · x at the lags (0, 0…2), (1, −2…2), (2, −2…2), and for Σ x. */
const LAGS = 14;
const PLAIN_SUM = 13;
const lagIndex = (dy: number, dx: number): number => (dy === 0 ? dx : 5 * dy + dx);
/** Offset of the edges: Σ x, and Σ x · x at three lags along each. */
const LINES = 2 * LAGS;
const LINE = 4;
type Edge = 0 | 1 | 2 | 3;
const [TOP, BOTTOM, LEFT, RIGHT]: Edge[] = [0, 1, 2, 3];
const EDGES = 4;
/** Offset of the corners: Σ x and Σ x² of each. */
const CORNERS = LINES + EDGES * LINE;
const CORNER = 2;
const ENTRIES = CORNERS + 4 * CORNER;

/** Largest image for which the kernel's sums fit into 32 bits. */
const MOST_PIXELS = 2 ** 16;

export class PatchGram {
  /** Σ x[t]: f64 [9]. */
  readonly sums = new Float64Array(TAPS);
  /** Σ x[t] · x[u]: f64 [9 × 9], symmetric. */
  readonly products = new Float64Array(TAPS * TAPS);

  readonly #space: KernelSpace;
  readonly #shape: ImageShape;
  readonly #pixels: Address;
  readonly #scratch: Address;
  readonly #totals: Address;

  static takes = ({ height, width, channels }: ImageShape): boolean =>
    channels === 1 && width % LANES === 0 && height * (width + 2) <= MOST_PIXELS;

  /** @param pixels address of bytes without gaps, of a shape that `takes` accepts */
  constructor(space: KernelSpace, shape: ImageShape, pixels: Address) {
    this.#space = space;
    this.#shape = shape;
    this.#pixels = pixels;
    const line = (shape.height + 3) * (shape.width + 2) * PIXEL_BYTES;
    // The kernel reads up to a register beyond the end.
    this.#scratch = space.allocate(line + LANES * FLOAT_BYTES);
    this.#totals = space.allocate(ENTRIES * DOUBLE_BYTES);
  }

  /** Adds these images to the batch. */
  add(first: number, count: number): void {
    const { height, width } = this.#shape;
    const pixels = this.#pixels + first * height * width;
    this.#space.kernels.addPatchSums(pixels, this.#scratch, height, width, count, this.#totals);
  }

  /**
   * Computes the sums of the added images, and clears them.
   *
   * The window of a tap is the image shifted by at most one pixel: it omits the bottom row if ky = 0 and the top row if
   * ky = 2, the right column if kx = 0 and the left one if kx = 2. A product at a lag across an edge involves the halo
   * and is 0, so that only lags along an edge need the sum of that line subtracted. A corner is then subtracted twice,
   * and added again.
   */
  settle(): void {
    const totals = this.#space.doubles(this.#totals, ENTRIES);
    const lag = (entry: number): number => totals[2 * entry] + totals[2 * entry + 1];
    const line = (edge: Edge, entry: number): number => totals[LINES + edge * LINE + entry];
    for (let t = 0; t < TAPS; t += 1) {
      const row = [BOTTOM, null, TOP][Math.floor(t / 3)];
      const column = [RIGHT, null, LEFT][t % 3];
      let sum = lag(PLAIN_SUM);
      let cornerSquares = 0;
      if (row !== null) sum -= line(row, 0);
      if (column !== null) sum -= line(column, 0);
      if (row !== null && column !== null) {
        const corner = CORNERS + (2 * Number(row === BOTTOM) + Number(column === RIGHT)) * CORNER;
        sum += totals[corner];
        cornerSquares = totals[corner + 1];
      }
      this.sums[t] = sum * SCALE;
      for (let u = t; u < TAPS; u += 1) {
        const dy = Math.floor(u / 3) - Math.floor(t / 3);
        const dx = (u % 3) - (t % 3);
        let product = lag(lagIndex(dy, dx));
        if (dy === 0 && row !== null) product -= line(row, 1 + dx);
        if (dx === 0 && column !== null) product -= line(column, 1 + dy);
        if (t === u) product += cornerSquares;
        this.products[t * TAPS + u] = product * SCALE * SCALE;
        this.products[u * TAPS + t] = product * SCALE * SCALE;
      }
    }
    totals.fill(0);
  }
}
