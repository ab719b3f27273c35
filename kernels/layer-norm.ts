/**
 * Layer norm over the channels of every pixel, and its backward pass.
 *
 *   x       [pixels][quads][4]   dense; of the last quad, only the lanes of `channels` count
 *   scales  [quad][scale ×4, shift ×4]   f32, zeros where there is no channel
 *   sums    [quad][4 + 4]        f64, Σ gradient · x̂ and Σ gradient
 *
 * x̂ = (x − mean) / √(variance + epsilon), with the mean and the biased variance of the pixel's channels.
 * Source: Ba, Kiros & Hinton 2016, arXiv:1607.06450.
 */
import { QUAD, addToDoubles, madd, zero } from './simd';

/** output ← scale · x̂ + shift */
export function layerNorm(x: usize, output: usize, scales: usize, pixels: i32, channels: i32, epsilon: f32): void {
  const quads = (channels + 3) / 4;
  const rest = lanesOfLast(channels);
  for (let i = 0; i < pixels; i++) {
    const mean = meanOf(x, quads, channels, rest);
    const factor = f32x4.splat(1 / sqrt<f32>(varianceOf(x, quads, channels, rest, mean) + epsilon));
    for (let q = 0; q < quads; q++) {
      const k = scales + <usize>q * 2 * QUAD;
      const normal = f32x4.mul(f32x4.sub(v128.load(x + <usize>q * QUAD), f32x4.splat(mean)), factor);
      v128.store(output + <usize>q * QUAD, v128.and(madd(v128.load(k, 16), normal, v128.load(k)), maskOf(q, quads, rest)));
    }
    x += <usize>quads * QUAD;
    output += <usize>quads * QUAD;
  }
}

/**
 * dX ← (g − mean(g) − x̂ · mean(g · x̂)) / √(variance + epsilon), with g = scale · gradient; dX may be `gradient`.
 * Adds Σ gradient · x̂ and Σ gradient to `sums`.
 */
export function layerNormGradient(
  x: usize, gradient: usize, dX: usize, scales: usize, sums: usize, pixels: i32, channels: i32, epsilon: f32,
): void {
  const quads = (channels + 3) / 4;
  const rest = lanesOfLast(channels);
  for (let i = 0; i < pixels; i++) {
    const mean = meanOf(x, quads, channels, rest);
    const factor = f32x4.splat(1 / sqrt<f32>(varianceOf(x, quads, channels, rest, mean) + epsilon));
    let sum = zero(), product = zero();
    for (let q = 0; q < quads; q++) {
      const at = <usize>q * QUAD;
      const mask = maskOf(q, quads, rest);
      const normal = v128.and(f32x4.mul(f32x4.sub(v128.load(x + at), f32x4.splat(mean)), factor), mask);
      const d = v128.and(v128.load(gradient + at), mask);
      const slope = f32x4.mul(d, v128.load(scales + 2 * at));
      sum = f32x4.add(sum, slope);
      product = madd(product, slope, normal);
      addToDoubles(sums + 4 * at, f32x4.mul(d, normal));
      addToDoubles(sums + 4 * at + 32, d);
    }
    const meanSlope = f32x4.splat(across(sum) / <f32>channels), meanProduct = f32x4.splat(across(product) / <f32>channels);
    for (let q = 0; q < quads; q++) {
      const at = <usize>q * QUAD;
      const normal = f32x4.mul(f32x4.sub(v128.load(x + at), f32x4.splat(mean)), factor);
      const slope = f32x4.mul(v128.load(gradient + at), v128.load(scales + 2 * at));
      const through = f32x4.sub(f32x4.sub(slope, meanSlope), f32x4.mul(normal, meanProduct));
      v128.store(dX + at, v128.and(f32x4.mul(through, factor), maskOf(q, quads, rest)));
    }
    x += <usize>quads * QUAD;
    gradient += <usize>quads * QUAD;
    dX += <usize>quads * QUAD;
  }
}

/** Sums lane by lane over the quads, and then across the lanes. */
@inline
function meanOf(x: usize, quads: i32, channels: i32, rest: v128): f32 {
  let sum = zero();
  for (let q = 0; q < quads; q++) sum = f32x4.add(sum, v128.and(v128.load(x + <usize>q * QUAD), maskOf(q, quads, rest)));
  return across(sum) / <f32>channels;
}

@inline
function varianceOf(x: usize, quads: i32, channels: i32, rest: v128, mean: f32): f32 {
  let sum = zero();
  for (let q = 0; q < quads; q++) {
    const distance = f32x4.sub(v128.load(x + <usize>q * QUAD), f32x4.splat(mean));
    const counted = v128.and(distance, maskOf(q, quads, rest));
    sum = madd(sum, counted, counted);
  }
  return across(sum) / <f32>channels;
}

@inline
function across(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

/** A mask of the lanes of the last quad that are channels. */
@inline
function lanesOfLast(channels: i32): v128 {
  return i32x4.gt_s(i32x4.splat(channels - (channels - 1) / 4 * 4), i32x4(0, 1, 2, 3));
}

@inline
function maskOf(q: i32, quads: i32, rest: v128): v128 {
  return q == quads - 1 ? rest : i32x4.splat(-1);
}
