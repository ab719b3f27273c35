/** Products of two maps, element-wise or channel-wise, over dense memory of whole quads. */
import { QUAD, madd, zero } from './simd';

/** output ← a · b, may be in place. */
export function multiplyMaps(a: usize, b: usize, output: usize, quads: i32): void {
  for (let i = 0; i < quads; i++) {
    v128.store(output, f32x4.mul(v128.load(a), v128.load(b)));
    a += QUAD;
    b += QUAD;
    output += QUAD;
  }
}

/** output ← map · gate, with one value of `gates` for each channel of an image. It may be in place. */
export function scaleChannels(map: usize, gates: usize, output: usize, pixels: i32, quads: i32, images: i32): void {
  for (let n = 0; n < images; n++) {
    for (let i = 0; i < pixels; i++) {
      for (let q = 0; q < quads; q++) {
        v128.store(output, f32x4.mul(v128.load(map), v128.load(gates + <usize>q * QUAD)));
        map += QUAD;
        output += QUAD;
      }
    }
    gates += <usize>quads * QUAD;
  }
}

/** dGates ← Σ map · dOutput over the pixels of each image. */
export function gateGradient(map: usize, dOutput: usize, dGates: usize, pixels: i32, quads: i32, images: i32): void {
  const pixel: usize = <usize>quads * QUAD;
  for (let n = 0; n < images; n++) {
    for (let q = 0; q < quads; q++) {
      let from = map + <usize>q * QUAD, d = dOutput + <usize>q * QUAD;
      let sum = zero();
      for (let i = 0; i < pixels; i++) {
        sum = madd(sum, v128.load(from), v128.load(d));
        from += pixel;
        d += pixel;
      }
      v128.store(dGates, sum);
      dGates += QUAD;
    }
    map += <usize>pixels * pixel;
    dOutput += <usize>pixels * pixel;
  }
}
