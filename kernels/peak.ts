/** The most multiply-adds a core can do in this WebAssembly: twelve independent chains, nothing from memory. */
export function multiplyAdds(iterations: i32, x: f32, y: f32): f32 {
  const w = f32x4.splat(x), b = f32x4.splat(y);
  let a0 = w, a1 = w, a2 = w, a3 = w, a4 = w, a5 = w, a6 = w, a7 = w, a8 = w, a9 = w, a10 = w, a11 = w;
  for (let i = 0; i < iterations; i++) {
    a0 = f32x4.add(f32x4.mul(a0, w), b); a1 = f32x4.add(f32x4.mul(a1, w), b); a2 = f32x4.add(f32x4.mul(a2, w), b);
    a3 = f32x4.add(f32x4.mul(a3, w), b); a4 = f32x4.add(f32x4.mul(a4, w), b); a5 = f32x4.add(f32x4.mul(a5, w), b);
    a6 = f32x4.add(f32x4.mul(a6, w), b); a7 = f32x4.add(f32x4.mul(a7, w), b); a8 = f32x4.add(f32x4.mul(a8, w), b);
    a9 = f32x4.add(f32x4.mul(a9, w), b); a10 = f32x4.add(f32x4.mul(a10, w), b); a11 = f32x4.add(f32x4.mul(a11, w), b);
  }
  const sum = f32x4.add(
    f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3)),
    f32x4.add(f32x4.add(f32x4.add(a4, a5), f32x4.add(a6, a7)), f32x4.add(f32x4.add(a8, a9), f32x4.add(a10, a11))),
  );
  return f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3);
}
