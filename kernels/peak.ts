/**
 * Runs as many multiplications and additions as a core can do in WebAssembly: six independent chains of each, without
 * memory access.
 */
export function multiplyAdds(iterations: i32, x: f32, y: f32): f32 {
  const w = f32x4.splat(x), b = f32x4.splat(y);
  let m0 = w, m1 = w, m2 = w, m3 = w, m4 = w, m5 = w, a0 = b, a1 = b, a2 = b, a3 = b, a4 = b, a5 = b;
  for (let i = 0; i < iterations; i++) {
    m0 = f32x4.mul(m0, w); a0 = f32x4.add(a0, b); m1 = f32x4.mul(m1, w); a1 = f32x4.add(a1, b);
    m2 = f32x4.mul(m2, w); a2 = f32x4.add(a2, b); m3 = f32x4.mul(m3, w); a3 = f32x4.add(a3, b);
    m4 = f32x4.mul(m4, w); a4 = f32x4.add(a4, b); m5 = f32x4.mul(m5, w); a5 = f32x4.add(a5, b);
  }
  const products = f32x4.add(f32x4.add(f32x4.add(m0, m1), f32x4.add(m2, m3)), f32x4.add(m4, m5));
  const sums = f32x4.add(f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3)), f32x4.add(a4, a5));
  return f32x4.extract_lane(f32x4.add(products, sums), 0);
}
