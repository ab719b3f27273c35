/**
 * The Sobol sequence, whose first n points fill the unit cube evenly for any n. In every dimension the first 2^m points
 * have one coordinate in each of 2^m equal intervals.
 * Source: Sobol 1967; in the order of Antonov and Saleev 1979; direction numbers of Joe and Kuo 2008, "Constructing
 * Sobol sequences with better two-dimensional projections", SIAM J. Sci. Comput. 30, their set 6.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/**
 * One coordinate of point number `index`, as an integer in [0, 2³²).
 * @param dimension from 0, below `sobolDimensions`
 */
export function sobolCoordinate(index: number, dimension: number): number {
  const directions = (directionNumbers[dimension] ??= expand(polynomial(dimension)));
  // The Gray code visits the same points in another order, in which neighbours differ in one bit.
  let code = (index ^ (index >>> 1)) >>> 0;
  let coordinate = 0;
  for (let bit = 0; code !== 0; bit++, code >>>= 1) if ((code & 1) === 1) coordinate ^= directions[bit];
  return coordinate >>> 0;
}

/**
 * One coordinate of point number `index` after a random linear scramble and a random digital shift. Each point then is
 * uniformly distributed, and all together are as even as before.
 * Source: Matoušek 1998, "On the L2-discrepancy for anchored boxes", J. Complexity 14.
 * @param random stream of this dimension, from its beginning, the same for all points
 * @returns a number in (0, 1)
 */
export function scrambledSobol(index: number, dimension: number, random: () => number): number {
  const coordinate = sobolCoordinate(index, dimension);
  let scrambled = 0;
  for (let bit = 31; bit >= 0; bit--) {
    // A scrambled digit depends on itself and on earlier digits.
    const others = bit === 31 ? 0 : -1 << (bit + 1);
    const mask = ((random() * 2 ** 32) & others) | (1 << bit);
    scrambled |= parity(coordinate & mask) << bit;
  }
  const shift = (random() * 2 ** 32) | 0;
  return (((scrambled ^ shift) >>> 0) + 0.5) / 2 ** 32;
}

/** 1 if an odd number of the 32 bits is set, else 0. */
function parity(bits: number): number {
  let folded = bits;
  for (let half = 16; half > 0; half >>= 1) folded ^= folded >>> half;
  return folded & 1;
}

const directionNumbers: Uint32Array[] = [];

/**
 * Direction numbers from the recurrence of a primitive polynomial of degree s over GF(2),
 * mᵢ = mᵢ₋ₛ ⊕ 2ˢ mᵢ₋ₛ ⊕ Σ 2ʲ aⱼ mᵢ₋ⱼ, each shifted so that its i bits are the first binary digits.
 */
function expand([inner, ...initial]: readonly number[]): Uint32Array {
  const directions = new Uint32Array(32);
  const degree = initial.length;
  for (let i = 0; i < 32; i++) {
    if (i < degree) {
      directions[i] = initial[i] << (31 - i);
    } else if (degree === 0) {
      directions[i] = 1 << (31 - i);
    } else {
      let direction = directions[i - degree] ^ (directions[i - degree] >>> degree);
      for (let j = 1; j < degree; j++) if (((inner >> (degree - 1 - j)) & 1) === 1) direction ^= directions[i - j];
      directions[i] = direction;
    }
  }
  return directions;
}

/**
 * For each dimension the inner coefficients of its polynomial as bits, then the initial numbers m₁ … mₛ. The first
 * dimension is the van der Corput sequence, and the others are all primitive polynomials up to degree 7. Polynomials of
 * higher degrees are computed on demand, with random initial numbers.
 */
const polynomials: (readonly number[])[] = [
  [0],
  [0, 1],
  [1, 1, 3],
  [1, 1, 3, 1],
  [2, 1, 1, 1],
  [1, 1, 1, 3, 3],
  [4, 1, 3, 5, 13],
  [2, 1, 1, 5, 5, 17],
  [4, 1, 1, 5, 5, 5],
  [7, 1, 1, 7, 11, 19],
  [11, 1, 1, 5, 1, 1],
  [13, 1, 1, 1, 3, 11],
  [14, 1, 3, 5, 5, 31],
  [1, 1, 3, 3, 9, 7, 49],
  [13, 1, 1, 1, 15, 21, 21],
  [16, 1, 3, 1, 13, 27, 49],
  [19, 1, 1, 1, 15, 7, 5],
  [22, 1, 3, 1, 15, 13, 25],
  [25, 1, 1, 5, 5, 19, 61],
  [1, 1, 3, 7, 11, 23, 15, 103],
  [4, 1, 3, 7, 13, 13, 15, 69],
  [7, 1, 1, 3, 13, 7, 35, 63],
  [8, 1, 3, 5, 9, 1, 25, 53],
  [14, 1, 3, 1, 13, 9, 35, 107],
  [19, 1, 3, 1, 5, 27, 61, 31],
  [21, 1, 1, 5, 11, 19, 41, 61],
  [28, 1, 3, 5, 3, 3, 13, 69],
  [31, 1, 1, 7, 13, 1, 19, 1],
  [32, 1, 3, 7, 5, 13, 19, 59],
  [37, 1, 1, 3, 9, 25, 29, 41],
  [41, 1, 3, 5, 13, 23, 1, 55],
  [42, 1, 3, 7, 3, 13, 59, 17],
  [50, 1, 3, 1, 3, 5, 53, 69],
  [55, 1, 1, 5, 5, 23, 33, 13],
  [56, 1, 1, 7, 7, 1, 61, 123],
  [59, 1, 1, 7, 9, 13, 61, 49],
  [62, 1, 3, 3, 5, 3, 55, 33],
];

/** Most dimensions: those of the primitive polynomials up to degree 13. */
export const sobolDimensions = 1_111;

function polynomial(dimension: number): readonly number[] {
  while (polynomials.length <= dimension) polynomials.push(furtherPolynomials.next().value);
  return polynomials[dimension];
}

const furtherPolynomials = primitivePolynomials(8);

function* primitivePolynomials(from: number): Generator<readonly number[]> {
  for (let degree = from; ; degree++) {
    for (let inner = 0; inner < 1 << (degree - 1); inner++) {
      if (!isPrimitive(degree, inner)) continue;
      const random = xoroshiro128plus((degree << 16) | inner);
      yield [inner, ...Array.from({ length: degree }, (_, i) => 2 * uniformInt(random, 0, 2 ** i - 1) + 1)];
    }
  }
}

/** Whether the powers of x modulo the polynomial take all 2ˢ − 1 nonzero values. */
function isPrimitive(degree: number, inner: number): boolean {
  const modulus = (1 << degree) | (inner << 1) | 1;
  let power = 1;
  for (let exponent = 1; ; exponent++) {
    power <<= 1;
    if (power >> degree === 1) power ^= modulus;
    if (power === 1) return exponent === 2 ** degree - 1;
    if (exponent === 2 ** degree) return false;
  }
}
