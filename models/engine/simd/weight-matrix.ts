/** The weights of a dense layer or a convolution as a matrix, and its three products. */
import { type Address, FLOAT_BYTES, type KernelSpace, LANES, quadsOf } from './kernels.ts';

/** Columns of one packed panel, as in kernels/matrix.ts. */
const PANEL = 8;
const DOUBLE_BYTES = 8;

interface Options {
  /** Offset in the flat weights of the kernel, [taps][channels][outputs]. */
  readonly kernel: number;
  readonly bias: number | null;
  /** Whether the product is added to the output, without a bias. Default: false */
  readonly isAdded?: boolean;
  /** Number of pixels of a convolution's window; 1 for a dense layer. */
  readonly taps: number;
  readonly channels: number;
  /** Distance between taps in a row of A, in floats: at least `channels`, and whole quads if `hasInputGradient`. */
  readonly paddedChannels: number;
  readonly outputs: number;
  /** Most rows of A in a call. */
  readonly mostRows: number;
  readonly hasInputGradient: boolean;
}

/**
 * A matrix whose rows and columns are in groups: the patches of an image, or an ordinary matrix of one group each.
 * Distances are in bytes. Columns of a group are adjacent floats.
 */
export interface Patches {
  readonly start: Address;
  /** Number of groups of rows (the lines of the output), and the distance between them. */
  readonly outerRows: number;
  readonly outerRow: number;
  /** Number of rows of a group, and the distance between them. */
  readonly rows: number;
  readonly row: number;
  /** Number of groups of columns (the lines of the window), and the distance between them. */
  readonly outerColumns: number;
  readonly outerColumn: number;
  readonly columns: number;
}

/** A has `taps × paddedChannels` columns. Addresses and strides are in bytes. Rows of C hold whole quads. */
export interface WeightMatrix {
  readonly load: (weights: Float32Array) => void;
  readonly clear: () => void;
  readonly store: (gradient: Float32Array) => void;
  /** C = bias + A · W, or C += A · W */
  readonly forward: (a: Patches, c: Address, cRow: number) => void;
  /** dW += Aᵀ · dC, dBias += Σ over rows of dC */
  readonly accumulate: (a: Patches, dC: Address, cRow: number) => void;
  /** dA = dC · Wᵀ */
  readonly backward: (dC: Address, cRow: number, dA: Address, aRow: number, rows: number) => void;
}

export function createWeightMatrix(space: KernelSpace, options: Options): WeightMatrix {
  const { kernels } = space;
  const {
    kernel,
    bias,
    isAdded = false,
    taps,
    channels,
    paddedChannels,
    outputs,
    mostRows,
    hasInputGradient,
  } = options;
  const quads = quadsOf(outputs);
  const depth = taps * paddedChannels;
  const matrixFloats = depth * quads * LANES;
  const rowBytes = quads * LANES * FLOAT_BYTES;
  const panelBytes = (columns: number, rows: number): number => Math.ceil(columns / PANEL) * PANEL * rows * FLOAT_BYTES;

  const matrix = space.allocate(matrixFloats * FLOAT_BYTES);
  const matrixGradient = space.allocate(matrixFloats * FLOAT_BYTES);
  const biasRow = space.allocate(bias === null ? 0 : rowBytes);
  const biasGradient = space.allocate(quads * LANES * DOUBLE_BYTES);
  const panels = space.allocate(panelBytes(outputs, depth));
  const transposedPanels = space.allocate(hasInputGradient ? panelBytes(depth, outputs) : 0);
  const gradientPanels = space.allocate(panelBytes(outputs, mostRows));

  /** Whether the gradient is still empty: the first product overwrites it in place of being added. */
  let isFirst = true;

  const isPadded = paddedChannels !== channels || quads * LANES !== outputs;
  /** Copies between [taps, channels, outputs] at `kernel` of a flat vector and the padded matrix. */
  const copy = (flat: Float32Array, padded: Float32Array, toPadded: boolean): void => {
    let at = kernel;
    for (let tap = 0; tap < taps; tap++) {
      for (let c = 0; c < channels; c++) {
        const row = (tap * paddedChannels + c) * quads * LANES;
        for (let o = row; o < row + outputs; o++, at++) {
          if (toPadded) padded[o] = flat[at];
          else flat[at] = padded[o];
        }
      }
    }
  };

  return {
    load(weights) {
      const to = space.floats(matrix, matrixFloats);
      if (isPadded) copy(weights, to, true);
      else to.set(weights.subarray(kernel, kernel + matrixFloats));
      if (bias !== null) space.floats(biasRow, outputs).set(weights.subarray(bias, bias + outputs));
      kernels.packPanels(matrix, rowBytes, FLOAT_BYTES, depth, outputs, panels);
      if (hasInputGradient) kernels.packPanels(matrix, FLOAT_BYTES, rowBytes, outputs, depth, transposedPanels);
    },

    clear() {
      isFirst = true;
      space.doubles(biasGradient, quads * LANES).fill(0);
    },

    store(gradient) {
      const from = space.floats(matrixGradient, matrixFloats);
      if (isPadded) copy(gradient, from, false);
      else gradient.set(from, kernel);
      if (bias !== null) gradient.set(space.doubles(biasGradient, outputs), bias);
    },

    forward({ start, outerRows, outerRow, rows, row, outerColumns, outerColumn, columns }, c, cRow) {
      if (bias !== null) kernels.fillRows(biasRow, c, cRow, outerRows * rows, quads);
      // prettier-ignore
      kernels.multiplyPatches(
        Number(isAdded || bias !== null), start, outerRows, outerRow, rows, row, outerColumns, outerColumn, columns, FLOAT_BYTES,
        panels, c, cRow, quads,
      );
    },

    accumulate({ start, outerRows, outerRow, rows, row, outerColumns, outerColumn, columns }, dC, cRow) {
      if (bias !== null) kernels.addRows(dC, cRow, outerRows * rows, quads, biasGradient);
      kernels.packPanels(dC, cRow, FLOAT_BYTES, outerRows * rows, outputs, gradientPanels);
      // prettier-ignore
      kernels.multiplyPatches(
        Number(!isFirst), start, outerColumns, outerColumn, columns, FLOAT_BYTES, outerRows, outerRow, rows, row,
        gradientPanels, matrixGradient, rowBytes, quads,
      );
      isFirst = false;
    },

    backward(dC, cRow, dA, aRow, rows) {
      kernels.multiply(dC, cRow, FLOAT_BYTES, transposedPanels, dA, aRow, rows, outputs, depth / LANES);
    },
  };
}
