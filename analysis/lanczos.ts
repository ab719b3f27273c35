/**
 * The largest eigenvalues, the trace and the spectral density of a symmetric operator, from products with vectors.
 * Shapes: P the size of the operator, m the steps of Lanczos' iteration.
 *
 * Sources: Golub and Van Loan 2013, "Matrix computations", section 10.1 and 10.3 (re-orthogonalisation);
 * Ubaru, Chen and Saad 2017 (stochastic Lanczos quadrature); Ghorbani, Krishnan and Xiao 2019, arXiv:1901.10159.
 */
import { random } from '../numerics/random.ts';
import { type Eigen, eigen } from '../numerics/eigen.ts';
import type { Operator } from './hessian.ts';
import { addScaled, dot, length, scaled } from '../numerics/vectors.ts';
import { largest, mean, standardError } from '../numerics/statistics.ts';

/** T = Qᵀ A Q, tridiagonal, with α on its diagonal and β beside it. The last β is the norm of the residual vector. */
interface Tridiagonal {
  readonly alphas: readonly number[];
  readonly betas: readonly number[];
}

export interface Eigenvalues {
  /** Largest eigenvalues in descending order. Multiple eigenvalues appear once. */
  readonly values: readonly number[];
  /** For each value an upper bound of its distance from an eigenvalue of the operator. */
  readonly residuals: readonly number[];
  /** Number of products. */
  readonly steps: number;
}

export interface Spectrum {
  /** Nodes and weights of the quadrature, sorted: Σ weights f(nodes) ≈ trace f(A) / P for smooth f. */
  readonly nodes: readonly { readonly value: number; readonly weight: number }[];
  /** Hutchinson's estimate of the trace from the same probes, and its standard error (NaN for one probe). */
  readonly trace: number;
  readonly traceError: number;
}

/** A β below this share of the largest α or β is rounding error: the iteration has found an invariant subspace. */
const BREAKDOWN = 1e-10;

export interface EigenvalueOptions {
  /** Seed of the random start vector. */
  readonly seed: number;
  readonly mostSteps: number;
  /** Largest residual, as a share of the largest eigenvalue. */
  readonly tolerance: number;
  /** @param values current estimates in descending order */
  readonly onStep?: (step: number, values: readonly number[]) => void;
}

/**
 * The `count` algebraically largest eigenvalues. For a Hessian near a minimum these are also the largest in modulus.
 * @param size P
 */
export async function largestEigenvalues(
  operator: Operator,
  size: number,
  count: number,
  { seed, mostSteps, tolerance, onStep }: EigenvalueOptions,
): Promise<Eigenvalues> {
  let found: Eigenvalues = { values: [], residuals: [], steps: 0 };
  const start = normalVector(size, seed);
  await lanczos(operator, start, Math.min(mostSteps, size), ({ alphas, betas }) => {
    const m = alphas.length;
    const { values, vectors } = spectrumOf({ alphas, betas });
    const order = Array.from(values.keys())
      .toSorted((a, b) => values[b] - values[a])
      .slice(0, count);
    found = {
      values: order.map((k) => values[k]),
      // ‖A y − θ y‖ = β_m |s_m|, with s the eigenvector of T.
      residuals: order.map((k) => betas[m - 1] * Math.abs(vectors[(m - 1) * m + k])),
      steps: m,
    };
    onStep?.(m, found.values);
    const most = tolerance * Math.abs(found.values[0]);
    return !(m >= count && found.residuals.every((residual) => residual <= most));
  });
  return found;
}

/**
 * Estimates trace and spectral density.
 * @param size P
 * @param probes number of random vectors of ±1; the error falls with √probes
 * @param steps m, the number of products with each vector
 */
export async function spectrum(
  operator: Operator,
  size: number,
  { seed, probes, steps, onStep }: { seed: number; probes: number; steps: number; onStep?: (done: number) => void },
): Promise<Spectrum> {
  const nodes: { value: number; weight: number }[] = [];
  const traces: number[] = [];
  let done = 0;
  for (let probe = 0; probe < probes; probe += 1) {
    const stream = random(seed, 'probe', probe);
    const start = Float64Array.from({ length: size }, () => (stream.float() < 0.5 ? -1 : 1));
    const tridiagonal = await lanczos(operator, start, Math.min(steps, size), () => {
      onStep?.((done += 1));
      return true;
    });
    // The first α is zᵀ A z / P for the probe z. Its expectation is trace(A) / P.
    traces.push(size * tridiagonal.alphas[0]);
    const { values, vectors } = spectrumOf(tridiagonal);
    for (const [k, value] of values.entries()) nodes.push({ value, weight: vectors[k] ** 2 / probes });
  }
  return {
    nodes: nodes.toSorted((a, b) => a.value - b.value),
    trace: mean(traces),
    traceError: standardError(traces),
  };
}

/**
 * The density of eigenvalues at `values`, smoothed by a normal density of this standard deviation. Its integral is 1.
 */
export function densityAt(nodes: Spectrum['nodes'], width: number, values: readonly number[]): number[] {
  const norm = 1 / (width * Math.sqrt(2 * Math.PI));
  return values.map((x) =>
    nodes.reduce((sum, { value, weight }) => sum + weight * norm * Math.exp(-(((x - value) / width) ** 2) / 2), 0),
  );
}

/**
 * Lanczos' iteration. Every new vector is orthogonalised twice against all earlier ones; without this, rounding errors
 * would produce copies of the largest eigenvalues.
 * @param goesOn called after every step; returns whether to continue
 */
async function lanczos(
  operator: Operator,
  start: Float64Array,
  mostSteps: number,
  goesOn: (tridiagonal: Tridiagonal) => boolean,
): Promise<Tridiagonal> {
  const alphas: number[] = [];
  const betas: number[] = [];
  const basis = [scaled(start, 1 / length(start))];
  for (let m = 0; m < mostSteps; m += 1) {
    const next = (await operator(basis[m])).slice();
    alphas.push(dot(next, basis[m]));
    for (let pass = 0; pass < 2; pass += 1) {
      for (const vector of basis) addScaled(next, -dot(next, vector), vector);
    }
    const beta = length(next);
    const scale = Math.max(largest(alphas.map(Math.abs)), largest(betas));
    const isClosed = !(beta > BREAKDOWN * scale);
    betas.push(isClosed ? 0 : beta);
    if (!goesOn({ alphas, betas }) || isClosed) break;
    basis.push(scaled(next, 1 / beta));
  }
  return { alphas, betas };
}

function spectrumOf({ alphas, betas }: Tridiagonal): Eigen {
  const m = alphas.length;
  const matrix = new Float64Array(m * m);
  for (const [i, alpha] of alphas.entries()) {
    matrix[i * m + i] = alpha;
    if (i + 1 < m) matrix[i * m + i + 1] = matrix[(i + 1) * m + i] = betas[i];
  }
  return eigen(matrix, m);
}

function normalVector(size: number, seed: number): Float64Array {
  const stream = random(seed, 'lanczos');
  return Float64Array.from({ length: size }, () => stream.normal());
}
