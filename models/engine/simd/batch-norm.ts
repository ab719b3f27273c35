/**
 * The per-channel arithmetic of batch norm, in float64, between the kernels that sum over pixels.
 *
 * Forward, from Σy and Σy² over n values:  mean, variance (biased), a = γ / √(variance + ε), b = β − a · mean.
 * Backward, from S₁ = Σg and S₂ = Σg·y at the winners:  dβ = S₁,  dγ = (S₂ − mean · S₁) / √(variance + ε),
 *   dy = a·g + B·y + C  with  B = −a · dγ / (n √(variance + ε)),  C = −a · S₁ / n − B · mean.
 *
 * The kernels omit the bias of the layer before, since subtracting the mean cancels it: it has no effect and no
 * gradient. Only the statistics, which other engines read too, include it. Frozen statistics do not depend on the
 * weights: then B = C = 0, and the bias has the gradient a · S₁. Source: Ioffe & Szegedy 2015, arXiv:1502.03167.
 */
import type { NodeOf } from '../plan.ts';
import { type Address, FLOAT_BYTES, type KernelSpace, LANES, quadsOf } from './kernels.ts';
import type { Mode } from './mode.ts';

const DOUBLE_BYTES = 8;
/** Groups of four numbers for each quad: two of sums, and four of coefficients (a, b, B, C). */
const SUM_GROUPS = 2;
const COEFFICIENT_GROUPS = 4;

export class BatchNorm {
  /** f64 [quad][Σy ×4, Σy² ×4], filled by the forward kernel. */
  readonly moments: Address;
  /** f64 [quad][Σg ×4, Σg·y ×4], filled by the mask kernel. */
  readonly sums: Address;
  /** f32 [quad][a ×4, b ×4, B ×4, C ×4], read by the kernels. */
  readonly scales: Address;

  readonly #space: KernelSpace;
  readonly #node: NodeOf<'batchNorm'>;
  /** Offset in the flat weights of the bias before the norm. */
  readonly #bias: number | null;
  readonly #channels: number;
  readonly #quads: number;
  /** Pixels of one image. */
  readonly #pixels: number;
  readonly #gamma: Float32Array;
  readonly #beta: Float32Array;
  readonly #shift: Float32Array;
  readonly #mean: Float64Array;
  readonly #inverseDeviation: Float64Array;
  readonly #gammaGradient: Float64Array;
  readonly #betaGradient: Float64Array;
  readonly #totals: Float64Array;
  #totalCount = 0;
  #frozen: Float32Array | null = null;

  constructor(space: KernelSpace, node: NodeOf<'batchNorm'>, bias: number | null) {
    this.#space = space;
    this.#node = node;
    this.#bias = bias;
    this.#channels = node.output.channels;
    this.#quads = quadsOf(this.#channels);
    this.#pixels = node.output.height * node.output.width;
    this.#gamma = new Float32Array(this.#channels).fill(1);
    this.#beta = new Float32Array(this.#channels);
    this.#shift = new Float32Array(this.#channels);
    this.#mean = new Float64Array(this.#channels);
    this.#inverseDeviation = new Float64Array(this.#channels);
    this.#gammaGradient = new Float64Array(this.#channels);
    this.#betaGradient = new Float64Array(this.#channels);
    this.#totals = new Float64Array(this.#quads * LANES * SUM_GROUPS);
    this.moments = space.allocate(this.#totals.length * DOUBLE_BYTES);
    this.sums = space.allocate(this.#totals.length * DOUBLE_BYTES);
    this.scales = space.allocate(this.#quads * LANES * COEFFICIENT_GROUPS * FLOAT_BYTES);
  }

  load(weights: Float32Array): void {
    const { gamma, beta } = this.#node;
    if (gamma !== null) this.#gamma.set(weights.subarray(gamma, gamma + this.#channels));
    if (beta !== null) this.#beta.set(weights.subarray(beta, beta + this.#channels));
    if (this.#bias !== null) this.#shift.set(weights.subarray(this.#bias, this.#bias + this.#channels));
  }

  store(gradient: Float32Array): void {
    const { gamma, beta } = this.#node;
    if (gamma !== null) gradient.set(this.#gammaGradient, gamma);
    if (beta !== null) gradient.set(this.#betaGradient, beta);
    if (this.#bias === null) return;
    for (let c = 0; c < this.#channels; c++) {
      const a = this.#gamma[c] * this.#inverseDeviation[c];
      gradient[this.#bias + c] = this.#frozen ? a * this.#betaGradient[c] : 0;
    }
  }

  /** Makes training use these statistics as constants in place of those of the batch. Null restores normal training. */
  freeze(statistics: Float32Array | null): void {
    this.#frozen = statistics;
  }

  /**
   * Computes the coefficients from the sums of a batch, and clears the sums. In the mode 'measure' the sums are also
   * added to the totals for `writeStatistics`. In evaluation mode, which uses given statistics, they are dropped.
   */
  close(mode: Mode, images: number): void {
    const moments = this.#sumsAt(this.moments);
    const count = images * this.#pixels;
    if (mode === 'measure') {
      for (const [i, value] of moments.entries()) this.#totals[i] = this.#totals[i] + value;
      this.#totalCount += count;
    }
    if (mode === 'train' && this.#frozen) this.useStatistics(this.#frozen);
    else if (mode !== 'evaluate') this.#useMoments(moments, count);
    moments.fill(0);
  }

  /** Writes mean and biased variance of the totals, and clears these. */
  writeStatistics(statistics: Float32Array): void {
    const { statistics: at } = this.#node;
    for (let c = 0; c < this.#channels; c++) {
      const [mean, variance] = meanAndVariance(this.#totals, c, this.#totalCount);
      statistics[at + c] = mean + this.#shift[c];
      statistics[at + this.#channels + c] = variance;
    }
    this.#totals.fill(0);
    this.#totalCount = 0;
  }

  /** Computes the coefficients from given statistics, for evaluation and frozen training. */
  useStatistics(statistics: Float32Array): void {
    const { statistics: at, epsilon } = this.#node;
    for (let c = 0; c < this.#channels; c++) {
      this.#mean[c] = statistics[at + c] - this.#shift[c];
      this.#inverseDeviation[c] = 1 / Math.sqrt(statistics[at + this.#channels + c] + epsilon);
    }
    this.#writeForwardScales();
  }

  settleBackward(images: number): void {
    const n = images * this.#pixels;
    const sums = this.#sumsAt(this.sums);
    const scales = this.#scalesView();
    for (let c = 0; c < this.#channels; c++) {
      const sum = sums[sumIndex(c, 0)];
      const product = sums[sumIndex(c, 1)];
      const mean = this.#mean[c];
      const inverse = this.#inverseDeviation[c];
      const dGamma = (product - mean * sum) * inverse;
      const a = this.#gamma[c] * inverse;
      const slope = this.#frozen ? 0 : (-a * inverse * dGamma) / n;
      this.#betaGradient[c] = sum;
      this.#gammaGradient[c] = dGamma;
      scales[scaleIndex(c, 2)] = slope;
      scales[scaleIndex(c, 3)] = this.#frozen ? 0 : (-a * sum) / n - slope * mean;
    }
    sums.fill(0);
  }

  /** The coefficients of dy = a·g + B·y + C for a channel, after settleBackward. */
  backwardCoefficients(channel: number): { a: number; slope: number; offset: number } {
    const scales = this.#scalesView();
    const [a, slope, offset] = [0, 2, 3].map((group) => scales[scaleIndex(channel, group)]);
    return { a, slope, offset };
  }

  /** Sets Σy and Σy² over a batch for a channel, if no kernel sums them. */
  setMoments(channel: number, sum: number, squares: number): void {
    const moments = this.#sumsAt(this.moments);
    moments[sumIndex(channel, 0)] = sum;
    moments[sumIndex(channel, 1)] = squares;
  }

  /** Sets Σg·y over a batch for a channel, if no kernel sums it. */
  setGradientProduct(channel: number, product: number): void {
    this.#sumsAt(this.sums)[sumIndex(channel, 1)] = product;
  }

  #useMoments(moments: Float64Array, n: number): void {
    for (let c = 0; c < this.#channels; c++) {
      const [mean, variance] = meanAndVariance(moments, c, n);
      this.#mean[c] = mean;
      this.#inverseDeviation[c] = 1 / Math.sqrt(variance + this.#node.epsilon);
    }
    this.#writeForwardScales();
  }

  #writeForwardScales(): void {
    const scales = this.#scalesView();
    for (let c = 0; c < this.#channels; c++) {
      const a = this.#gamma[c] * this.#inverseDeviation[c];
      scales[scaleIndex(c, 0)] = a;
      scales[scaleIndex(c, 1)] = this.#beta[c] - a * this.#mean[c];
    }
  }

  #sumsAt(address: Address): Float64Array {
    return this.#space.doubles(address, this.#totals.length);
  }

  #scalesView(): Float32Array {
    return this.#space.floats(this.scales, this.#quads * LANES * COEFFICIENT_GROUPS);
  }
}

const index = (channel: number, group: number, groups: number): number =>
  (Math.floor(channel / LANES) * groups + group) * LANES + (channel % LANES);
const sumIndex = (channel: number, group: number): number => index(channel, group, SUM_GROUPS);
const scaleIndex = (channel: number, group: number): number => index(channel, group, COEFFICIENT_GROUPS);

function meanAndVariance(moments: Float64Array, channel: number, n: number): [mean: number, variance: number] {
  const mean = moments[sumIndex(channel, 0)] / n;
  // Rounding may make the variance of a constant channel slightly negative. A NaN stays NaN.
  return [mean, Math.max(0, moments[sumIndex(channel, 1)] / n - mean * mean)];
}
