/*
 * activation.ts: one operation an element, so that compilers choose lanes. exp and tanh are those of AssemblyScript's
 * library, operation by operation, and so are their bits. Every special case of exp is a choice at the end, since a
 * branch would keep the loop from registers.
 * Source: musl, src/math/expf.c (Szabolcs Nagy, ARM) and expm1f.c, tanhf.c (Sun Microsystems).
 */
#include "native.h"

enum { RELU6, LEAKY_RELU, SIGMOID, TANH, SWISH };

/** Bits of the double 2^(i/32), less i << 47. */
static const uint64_t powers[32] = {
  0x3ff0000000000000, 0x3fefd9b0d3158574, 0x3fefb5586cf9890f, 0x3fef9301d0125b51,
  0x3fef72b83c7d517b, 0x3fef54873168b9aa, 0x3fef387a6e756238, 0x3fef1e9df51fdee1,
  0x3fef06fe0a31b715, 0x3feef1a7373aa9cb, 0x3feedea64c123422, 0x3feece086061892d,
  0x3feebfdad5362a27, 0x3feeb42b569d4f82, 0x3feeab07dd485429, 0x3feea47eb03a5585,
  0x3feea09e667f3bcd, 0x3fee9f75e8ec5f74, 0x3feea11473eb0187, 0x3feea589994cce13,
  0x3feeace5422aa0db, 0x3feeb737b0cdc5e5, 0x3feec49182a3f090, 0x3feed503b23e255d,
  0x3feee89f995ad3ad, 0x3feeff76f2fb5e47, 0x3fef199bdd85529c, 0x3fef3720dcef9069,
  0x3fef5818dcfba487, 0x3fef7c97337b9b5f, 0x3fefa4afa2a490da, 0x3fefd0765b6e4540};

INLINE float exponential(float x) {
  const double magic = 0x1.8p52, scaled = 0x1.71547652b82fep5 * (double)x, rounded = scaled + magic;
  uint64_t bits;
  memcpy(&bits, &rounded, sizeof bits);
  const double r = scaled - (rounded - magic);
  bits = powers[bits & 31] + (bits << 47);
  double power;
  memcpy(&power, &bits, sizeof power);
  const double cubic = 0x1.c6af84b912394p-20 * r + 0x1.ebfce50fac4f3p-13, linear = 0x1.62e42ff0c52d6p-6 * r + 1;
  const float e = (float)((linear + cubic * (r * r)) * power);
  // e^x beyond the largest float, and below half of the smallest.
  const float bounded = x > 0x1.62e42ep6f ? __builtin_inff() : x < -0x1.9fe368p6f ? 0 : e;
  return x == x ? bounded : x + x;
}

INLINE float sigmoid(float x) { return 1 / (1 + exponential(-x)); }

/** e^x − 1 */
INLINE float exponentialLess1(float x) {
  uint32_t u;
  memcpy(&u, &x, sizeof u);
  const uint32_t magnitude = u & 0x7fffffff, sign = u >> 31;
  if (magnitude >= 0x4195b844) {
    if (magnitude > 0x7f800000) return x;
    if (sign) return -1;
    if (magnitude > 0x42b17217) return x * 0x1p127f;
  }
  float c = 0, t;
  int k = 0;
  if (magnitude > 0x3eb17218) {
    k = magnitude < 0x3f851592 ? 1 - (int)(sign << 1) : (int)(0x1.715476p0f * x + __builtin_copysignf(0.5f, x));
    t = (float)k;
    const float high = x - t * 0x1.62e3p-1f, low = t * 0x1.2fefa2p-17f;
    x = high - low;
    c = (high - x) - low;
  } else if (magnitude < 0x33000000) {
    return x;
  }
  const float half = 0.5f * x, square = x * half;
  const float r1 = 1 + square * (-0x1.1110dp-5f + square * 0x1.9e602p-10f);
  t = 3 - r1 * half;
  float e = square * ((r1 - t) / (6 - x * t));
  if (k == 0) return x - (x * e - square);
  e = x * (e - c) - c;
  e -= square;
  if (k == -1) return 0.5f * (x - e) - 0.5f;
  if (k == 1) return x < -0.25f ? -2 * (e - (x + 0.5f)) : 1 + 2 * (x - e);
  u = (uint32_t)(0x7f + k) << 23;
  float power, y;
  memcpy(&power, &u, sizeof power);
  if (k < 0 || k > 56) {
    y = x - e + 1;
    y = k == 128 ? y * 2 * 0x1p127f : y * power;
    return y - 1;
  }
  u = (uint32_t)(0x7f - k) << 23;
  memcpy(&y, &u, sizeof y);
  y = k < 20 ? (1 - y) - e : 1 - (e + y);
  return (x + y) * power;
}

INLINE float hyperbolicTangent(float x) {
  const float y = __builtin_fabsf(x);
  uint32_t u;
  memcpy(&u, &y, sizeof u);
  float t = y;
  if (u > 0x41200000) {
    t = 1 + 0 / y;
  } else if (u > 0x3f0c9f54) {
    t = 1 - 2 / (exponentialLess1(2 * y) + 2);
  } else if (u > 0x3e82c578) {
    t = exponentialLess1(2 * y);
    t = t / (t + 2);
  } else if (u >= 0x00800000) {
    t = exponentialLess1(-2 * y);
    t = -t / (t + 2);
  }
  return __builtin_copysignf(t, x);
}

/** Abramowitz & Stegun 7.1.26, as in activation.ts. */
INLINE float normalBelow(float x) {
  const float z = __builtin_fabsf(x) * 0.7071067811865476f, t = 1 / (1 + 0.3275911f * z);
  const float series = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
  const float beyond = 0.5f * series * exponential(-z * z);
  return x < 0 ? beyond : 1 - beyond;
}

INLINE float squareSlope(float t) { return 1 - t * t; }
INLINE float sigmoidSlope(float s) { return s * (1 - s); }
INLINE float swishSlope(float x, float s) { return s + x * s * (1 - s); }

/* A loop for each kind, whose body has no choice of kinds. */
#define EACH(value) \
  for (long i = 0; i < count; i++) { \
    const float x = in[i]; \
    out[i] = value; \
  } \
  break

KERNEL(activate) {
  const float *in = FLOATS(1);
  float *out = FLOATS(2);
  const long count = GROUP * COUNT(3);
  const float alpha = (float)a[4];
  switch (COUNT(0)) {
    case RELU6:
      for (long i = 0; i < count; i++) {
        const float above = in[i] < 0 ? 0 : in[i];
        out[i] = above > 6 ? 6 : above;
      }
      break;
    case LEAKY_RELU: EACH(x < 0 ? alpha * x : x);
    case SIGMOID: EACH(sigmoid(x));
    case TANH: EACH(hyperbolicTangent(x));
    case SWISH: EACH(x * sigmoid(x));
    default: EACH(x * normalBelow(x));
  }
}

KERNEL(activateGradient) {
  const float *in = FLOATS(1), *dY = FLOATS(2);
  float *out = FLOATS(3);
  const long count = GROUP * COUNT(4);
  const float alpha = (float)a[5];
  switch (COUNT(0)) {
    case RELU6:
      for (long i = 0; i < count; i++) {
        const float x = in[i], d = dY[i];
        out[i] = ((x > 0) & (x < 6)) ? d : 0;
      }
      break;
    case LEAKY_RELU: EACH(dY[i] * (x > 0 ? 1 : alpha));
    case SIGMOID: EACH(dY[i] * sigmoidSlope(sigmoid(x)));
    case TANH: EACH(dY[i] * squareSlope(hyperbolicTangent(x)));
    case SWISH: EACH(dY[i] * swishSlope(x, sigmoid(x)));
    // 1 / √(2π)
    default: EACH(dY[i] * (normalBelow(x) + x * 0.3989422804014327f * exponential(-0.5f * x * x)));
  }
}
