/**
 * Elastic distortion: every pixel looks a little aside, its neighbours almost as far and in almost the same direction.
 *
 * Simard et al. 2003 ("Best practices for convolutional neural networks applied to visual document analysis") smooth a
 * field of random displacements with a Gaussian of σ = 4 pixels. Here the displacements are random at the points of a
 * coarse grid with a cubic B-spline between them, nearly the same for σ = spacing / √3, and cheap: within a cell of
 * the grid the displacement is a cubic in the column, so three additions lead from pixel to pixel.
 */
import type { ImageShape } from '../images.ts';
import { createNoise, symmetric } from './noise.ts';
import { type Displacement, fixedOne, SPAN_LENGTH } from './warp.ts';

export interface ElasticAmounts {
  /** Standard deviation of the displacement along each axis, in pixels; 0 switches it off. */
  readonly strength: number;
  /** Distance between the points of the grid, in pixels: pixels this far apart move nearly independently. */
  readonly spacing: number;
}

/** Standard deviation of a B-spline between independent values of standard deviation 1; the mean over a cell. */
const SPLINE_DEVIATION = 151 / 315;

/** @returns the displacement, and a function of the epoch giving a function that makes it that of an image */
export function createElastic(shape: ImageShape, { strength, spacing }: ElasticAmounts, seed: number) {
  const cells = Math.ceil(shape.width / spacing);
  const columns = cells + 3;
  const rows = Math.ceil(shape.height / spacing) + 3;
  /** Along x and along y by turns, uniform in ± largest, in fixed point. */
  const grid = new Float64Array(4 * Math.ceil((rows * columns) / 2));
  const largest = (fixedOne(shape) * strength * Math.sqrt(3)) / SPLINE_DEVIATION;
  /** The grid at the height of one row of pixels. */
  const knots = new Float64Array(2 * columns);
  const spans = new Int32Array(SPAN_LENGTH * cells);
  const words = new Int32Array(2);

  const row = (y: number): void => {
    const top = Math.floor(y / spacing) * 2 * columns;
    const t = (y % spacing) / spacing;
    const w0 = ((1 - t) * (1 - t) * (1 - t)) / 6;
    const w1 = (4 - 6 * t * t + 3 * t * t * t) / 6;
    const w3 = (t * t * t) / 6;
    const w2 = 1 - w0 - w1 - w3;
    for (let k = 0; k < knots.length; k += 1) {
      const at = top + k;
      knots[k] =
        w0 * grid[at] + w1 * grid[at + 2 * columns] + w2 * grid[at + 4 * columns] + w3 * grid[at + 6 * columns];
    }
    for (let cell = 0; cell < cells; cell += 1) {
      for (let axis = 0; axis < 2; axis += 1) differences(knots, 2 * cell + axis, spans, SPAN_LENGTH * cell + 4 * axis);
    }
  };

  /** From four knots (every second value) to the spline in the cell between the middle two, as differences. */
  const step = 1 / spacing;
  function differences(from: Float64Array, at: number, to: Int32Array, place: number): void {
    const a = from[at];
    const b = from[at + 2];
    const c = from[at + 4];
    const d = from[at + 6];
    const linear = ((c - a) / 2) * step;
    const quadratic = ((a - 2 * b + c) / 2) * step * step;
    const cubic = ((d - 3 * c + 3 * b - a) / 6) * step * step * step;
    to[place] = (a + 4 * b + c) / 6;
    to[place + 1] = linear + quadratic + cubic;
    to[place + 2] = 2 * quadratic + 6 * cubic;
    to[place + 3] = 6 * cubic;
  }

  const displacement: Displacement = { spacing, spans, row };
  const epoch = (number: number): ((image: number) => void) => {
    const noise = createNoise(seed, 'augment', 'elastic', number);
    return (image) => {
      for (let k = 0; k < grid.length; k += 4) {
        noise(image, k, words);
        // 16 bits a number are more than enough.
        grid[k] = largest * symmetric(words[0] << 16);
        grid[k + 1] = largest * symmetric(words[0]);
        grid[k + 2] = largest * symmetric(words[1] << 16);
        grid[k + 3] = largest * symmetric(words[1]);
      }
    };
  };

  return { displacement, epoch };
}
