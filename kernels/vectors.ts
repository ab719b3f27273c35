/**
 * Element-wise updates of long vectors by optimizers and averages. It is a separate module, since it works on blocks of
 * vectors that are stored elsewhere.
 *
 * Float32 vectors hold `count` elements, an even number. Every formula is computed in float64 and rounded when stored,
 * to the same bits as JavaScript on a Float32Array, which tests assert.
 */

/** w ← w − ηg */
export function sgd(w: usize, g: usize, count: i32, rate: f64): void {
  const r = f64x2.splat(rate);
  for (const end = w + bytes(count); w < end; w += 8, g += 8) store2(w, f64x2.sub(load2(w), f64x2.mul(r, load2(g))));
}

/** h ← αh + g,  w ← w − ηh */
export function momentum(w: usize, g: usize, h: usize, count: i32, alpha: f64, rate: f64): void {
  const a = f64x2.splat(alpha), r = f64x2.splat(rate);
  for (const end = w + bytes(count); w < end; w += 8, g += 8, h += 8) {
    store2(h, f64x2.add(f64x2.mul(a, load2(h)), load2(g)));
    store2(w, f64x2.sub(load2(w), f64x2.mul(r, load2(h))));
  }
}

/** h ← αh + ηg,  w ← w − h */
export function heavyBall(w: usize, g: usize, h: usize, count: i32, alpha: f64, rate: f64): void {
  const a = f64x2.splat(alpha), r = f64x2.splat(rate);
  for (const end = w + bytes(count); w < end; w += 8, g += 8, h += 8) {
    store2(h, f64x2.add(f64x2.mul(a, load2(h)), f64x2.mul(r, load2(g))));
    store2(w, f64x2.sub(load2(w), load2(h)));
  }
}

/** h ← αh + g,  w ← w − η(g + αh) */
export function nesterov(w: usize, g: usize, h: usize, count: i32, alpha: f64, rate: f64): void {
  const a = f64x2.splat(alpha), r = f64x2.splat(rate);
  for (const end = w + bytes(count); w < end; w += 8, g += 8, h += 8) {
    store2(h, f64x2.add(f64x2.mul(a, load2(h)), load2(g)));
    store2(w, f64x2.sub(load2(w), f64x2.mul(r, f64x2.add(load2(g), f64x2.mul(a, load2(h))))));
  }
}

/** G ← G + g²,  w ← w − ηg / √(G + ε) */
export function adagrad(w: usize, g: usize, G: usize, count: i32, rate: f64, epsilon: f64): void {
  const r = f64x2.splat(rate), e = f64x2.splat(epsilon);
  for (const end = w + bytes(count); w < end; w += 8, g += 8, G += 8) {
    const slope = load2(g);
    store2(G, f64x2.add(load2(G), f64x2.mul(slope, slope)));
    store2(w, f64x2.sub(load2(w), f64x2.div(f64x2.mul(r, slope), f64x2.sqrt(f64x2.add(load2(G), e)))));
  }
}

/** G ← αG + (1 − α)g²,  w ← w − ηg / √(G + ε) */
export function rmsprop(w: usize, g: usize, G: usize, count: i32, alpha: f64, rate: f64, epsilon: f64): void {
  const a = f64x2.splat(alpha), b = f64x2.splat(1 - alpha), r = f64x2.splat(rate), e = f64x2.splat(epsilon);
  for (const end = w + bytes(count); w < end; w += 8, g += 8, G += 8) {
    const slope = load2(g);
    store2(G, f64x2.add(f64x2.mul(a, load2(G)), f64x2.mul(f64x2.mul(b, slope), slope)));
    store2(w, f64x2.sub(load2(w), f64x2.div(f64x2.mul(r, slope), f64x2.sqrt(f64x2.add(load2(G), e)))));
  }
}

/** h ← β₁h + (1 − β₁)g,  G ← β₂G + (1 − β₂)g²,  w ← w − ηh / (√(sG) + ε) */
export function adam(
  w: usize, g: usize, h: usize, G: usize, count: i32, beta1: f64, beta2: f64, rate: f64, squareScale: f64, epsilon: f64,
): void {
  const b1 = f64x2.splat(beta1), c1 = f64x2.splat(1 - beta1), b2 = f64x2.splat(beta2), c2 = f64x2.splat(1 - beta2);
  const r = f64x2.splat(rate), s = f64x2.splat(squareScale), e = f64x2.splat(epsilon);
  for (const end = w + bytes(count); w < end; w += 8, g += 8, h += 8, G += 8) {
    const slope = load2(g);
    store2(h, f64x2.add(f64x2.mul(b1, load2(h)), f64x2.mul(c1, slope)));
    store2(G, f64x2.add(f64x2.mul(b2, load2(G)), f64x2.mul(f64x2.mul(c2, slope), slope)));
    const length = f64x2.add(f64x2.sqrt(f64x2.mul(s, load2(G))), e);
    store2(w, f64x2.sub(load2(w), f64x2.div(f64x2.mul(r, load2(h)), length)));
  }
}

/** w ← w − λw */
export function decay(w: usize, count: i32, lambda: f64): void {
  const l = f64x2.splat(lambda);
  for (const end = w + bytes(count); w < end; w += 8) {
    const value = load2(w);
    store2(w, f64x2.sub(value, f64x2.mul(l, value)));
  }
}

/** g ← g + λw */
export function addScaled(g: usize, w: usize, count: i32, lambda: f64): void {
  const l = f64x2.splat(lambda);
  for (const end = g + bytes(count); g < end; g += 8, w += 8) store2(g, f64x2.add(load2(g), f64x2.mul(l, load2(w))));
}

/** a ← (an + w) / (n + 1), with a in float64 */
export function runningMean(a: usize, w: usize, count: i32, n: f64): void {
  const before = f64x2.splat(n), after = f64x2.splat(n + 1);
  for (const end = w + bytes(count); w < end; w += 8, a += 16) {
    v128.store(a, f64x2.div(f64x2.add(f64x2.mul(v128.load(a), before), load2(w)), after));
  }
}

/** a ← da + (1 − d)w, with a in float64 */
export function movingAverage(a: usize, w: usize, count: i32, d: f64): void {
  const old = f64x2.splat(d), share = f64x2.splat(1 - d);
  for (const end = w + bytes(count); w < end; w += 8, a += 16) {
    v128.store(a, f64x2.add(f64x2.mul(old, v128.load(a)), f64x2.mul(share, load2(w))));
  }
}

@inline
function bytes(count: i32): usize {
  return <usize>count * 4;
}

/** Two floats as doubles. */
@inline
function load2(address: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(address));
}

/** Two doubles, each rounded to a float. */
@inline
function store2(address: usize, v: v128): void {
  v128.store64_lane(address, f32x4.demote_f64x2_zero(v), 0);
}
