/**
 * Activations other than ReLU over dense memory of whole quads. The backward pass computes the derivative from the
 * input. exp and tanh come from this module, so the bits are the same everywhere.
 */
import { FLOAT, QUAD, addToDoubles, zero } from './simd';

/** Indices in `activationNames` of models/engine/activations.ts. */
const RELU6 = 0, LEAKY_RELU = 1, SIGMOID = 2, TANH = 3, SWISH = 4;

/** output ← f(input), may be in place. `alpha` is the slope of the leaky ReLU below 0. */
export function activate(kind: i32, input: usize, output: usize, quads: i32, alpha: f32): void {
  const end = input + <usize>quads * QUAD;
  if (kind == RELU6) {
    // Four lanes at a time, since every layer of a MobileNet has it. A NaN stays NaN.
    for (; input < end; input += QUAD, output += QUAD) {
      v128.store(output, f32x4.pmin(f32x4.pmax(v128.load(input), zero()), f32x4.splat(6)));
    }
    return;
  }
  for (; input < end; input += FLOAT, output += FLOAT) store<f32>(output, valueOf(kind, load<f32>(input), alpha));
}

/** dX ← f'(input) · dY; dX and dY may be the same memory. */
export function activateGradient(kind: i32, input: usize, dY: usize, dX: usize, quads: i32, alpha: f32): void {
  const end = input + <usize>quads * QUAD;
  if (kind == RELU6) {
    for (; input < end; input += QUAD, dY += QUAD, dX += QUAD) {
      const x = v128.load(input);
      const on = v128.and(f32x4.gt(x, zero()), f32x4.lt(x, f32x4.splat(6)));
      v128.store(dX, v128.and(v128.load(dY), on));
    }
    return;
  }
  for (; input < end; input += FLOAT, dY += FLOAT, dX += FLOAT) {
    store<f32>(dX, load<f32>(dY) * slopeOf(kind, load<f32>(input), alpha));
  }
}

@inline
function valueOf(kind: i32, x: f32, alpha: f32): f32 {
  // These comparisons are false for NaN, which stays NaN.
  if (kind == LEAKY_RELU) return x < 0 ? alpha * x : x;
  if (kind == SIGMOID) return sigmoid(x);
  if (kind == TANH) return Mathf.tanh(x);
  if (kind == SWISH) return x * sigmoid(x);
  return x * normalBelow(x);
}

@inline
function slopeOf(kind: i32, x: f32, alpha: f32): f32 {
  if (kind == LEAKY_RELU) return x > 0 ? 1 : alpha;
  if (kind == TANH) {
    const t = Mathf.tanh(x);
    return 1 - t * t;
  }
  if (kind == SIGMOID) {
    const s = sigmoid(x);
    return s * (1 - s);
  }
  if (kind == SWISH) {
    const s = sigmoid(x);
    return s + x * s * (1 - s);
  }
  // 1 / √(2π)
  return normalBelow(x) + x * <f32>0.3989422804014327 * Mathf.exp(-0.5 * x * x);
}

@inline
function sigmoid(x: f32): f32 {
  return 1 / (1 + Mathf.exp(-x));
}

/**
 * The share of a standard normal below x, (1 + erf(x / √2)) / 2, to 1e-7.
 * Source: Abramowitz & Stegun 1964, formula 7.1.26.
 */
function normalBelow(x: f32): f32 {
  const z = abs(x) * <f32>0.7071067811865476;
  const t: f32 = 1 / (1 + <f32>0.3275911 * z);
  const series = ((((<f32>1.061405429 * t - <f32>1.453152027) * t + <f32>1.421413741) * t - <f32>0.284496736) * t + <f32>0.254829592) * t;
  const beyond: f32 = <f32>0.5 * series * Mathf.exp(-z * z);
  return x < 0 ? beyond : 1 - beyond;
}

/** output ← input where it is positive, else slope · input, with a slope for each channel. */
export function prelu(input: usize, output: usize, slopes: usize, pixels: i32, quads: i32): void {
  for (let i = 0; i < pixels; i++) {
    for (let q = 0; q < quads; q++) {
      const x = v128.load(input);
      const below = f32x4.lt(x, zero());
      v128.store(output, v128.bitselect(f32x4.mul(x, v128.load(slopes + <usize>q * QUAD)), x, below));
      input += QUAD;
      output += QUAD;
    }
  }
}

/**
 * dX ← dY, times the slope where the input is not positive; adds Σ dY · min(input, 0) to `sums`, f64 [quad][4]. dX may
 * be dY.
 */
export function preluGradient(input: usize, dY: usize, dX: usize, slopes: usize, sums: usize, pixels: i32, quads: i32): void {
  for (let i = 0; i < pixels; i++) {
    for (let q = 0; q < quads; q++) {
      const x = v128.load(input), d = v128.load(dY);
      const on = f32x4.gt(x, zero());
      addToDoubles(sums + <usize>q * 32, v128.andnot(f32x4.mul(d, x), on));
      v128.store(dX, v128.bitselect(d, f32x4.mul(d, v128.load(slopes + <usize>q * QUAD)), on));
      input += QUAD;
      dY += QUAD;
      dX += QUAD;
    }
  }
}
