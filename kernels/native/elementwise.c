/* kernels/elementwise.ts, dropout.ts, input.ts and im2col.ts: one operation an element, so that compilers choose lanes. */
#include "native.h"

KERNEL(relu) {
  const float *in = FLOATS(0);
  float *out = FLOATS(1);
  const long count = GROUP * COUNT(2);
  for (long i = 0; i < count; i++) out[i] = in[i] < 0 ? 0 : in[i];
}

KERNEL(reluGradient) {
  const float *output = FLOATS(0);
  float *gradient = FLOATS(1);
  const long count = GROUP * COUNT(2);
  for (long i = 0; i < count; i++) gradient[i] = output[i] > 0 ? gradient[i] : 0;
}

KERNEL(add) {
  const float *x = FLOATS(0), *y = FLOATS(1);
  float *out = FLOATS(2);
  const long count = GROUP * COUNT(3);
  for (long i = 0; i < count; i++) out[i] = x[i] + y[i];
}

KERNEL(copyRows) {
  for (long i = 0; i < COUNT(4); i++) memcpy(ADDRESS(2) + i * COUNT(3), ADDRESS(0) + i * COUNT(1), COUNT(5) * FLOAT);
}

/** The finalizer of MurmurHash3. Source: Appleby 2011 (public domain). */
INLINE uint32_t mix(uint32_t h) {
  h = (h ^ (h >> 16)) * 0x85ebca6bu;
  h = (h ^ (h >> 13)) * 0xc2b2ae35u;
  return h ^ (h >> 16);
}

KERNEL(dropout) {
  const long pixels = COUNT(2), channels = COUNT(3), floats = GROUP * COUNT(4);
  const uint32_t key = (uint32_t)COUNT(6), threshold = (uint32_t)COUNT(7);
  const float scale = (float)a[8];
  uint32_t start = (uint32_t)COUNT(5) + key;
  for (long i = 0; i < pixels; i++, start += (uint32_t)channels) {
    const float *in = FLOATS(0) + i * floats;
    float *out = FLOATS(1) + i * floats;
    for (long j = 0; j < floats; j++) {
      const uint32_t bits = mix(mix(start + (uint32_t)j) ^ key);
      const float scaled = in[j] * scale;
      out[j] = bits >= threshold ? scaled : 0;
    }
  }
}

KERNEL(spreadBytes) {
  const unsigned char *bytes = (const unsigned char *)ADDRESS(0);
  const long height = COUNT(4), values = COUNT(5), images = COUNT(6);
  const float scale = (float)(1.0 / 255.0);
  for (long n = 0; n < images; n++)
    for (long y = 0; y < height; y++, bytes += values) {
      float *to = (float *)(ADDRESS(1) + n * COUNT(3) + y * COUNT(2));
      for (long i = 0; i < values; i++) to[i] = (float)bytes[i] * scale;
    }
}

struct patch {
  long pixel, row, column, before, inside;
};

/** The part of a patch's row that lies inside the image; the rest is zero. */
INLINE struct patch patchOf(const double *a, long y, long x, long ky) {
  const long width = COUNT(3), kernelWidth = COUNT(7), column = x * COUNT(9) - COUNT(11);
  const long left = column < 0 ? -column : 0, before = left < kernelWidth ? left : kernelWidth;
  const long end = kernelWidth < width - column ? kernelWidth : width - column;
  return (struct patch){
    .pixel = COUNT(4) * FLOAT,
    .row = y * COUNT(8) + ky - COUNT(10),
    .column = column + before,
    .before = before,
    .inside = end > before ? end - before : 0,
  };
}

/* Patches have rows of a few floats: a call of the library for each would take longer than the copy. */
INLINE float *copyFloats(float *to, const float *from, long count) {
  for (; count >= GROUP; count -= GROUP, to += GROUP, from += GROUP) memcpy(to, from, QUAD);
  for (; count > 0; count--) *to++ = *from++;
  return to;
}

INLINE float *clearFloats(float *to, long count) {
  for (; count > 0; count--) *to++ = 0;
  return to;
}

KERNEL(gatherPatches) {
  const long channels = COUNT(4), patchRow = COUNT(7) * channels;
  float *to = FLOATS(5);
  for (long y = COUNT(12); y < COUNT(12) + COUNT(13); y++)
    for (long x = 0; x < COUNT(14); x++)
      for (long ky = 0; ky < COUNT(6); ky++) {
        const struct patch p = patchOf(a, y, x, ky);
        float *const end = to + patchRow;
        if (p.row >= 0 && p.row < COUNT(2) && p.inside > 0) {
          const char *from = ADDRESS(0) + p.row * COUNT(1) + p.column * p.pixel;
          to = copyFloats(clearFloats(to, p.before * channels), (const float *)from, p.inside * channels);
        }
        to = clearFloats(to, end - to);
      }
}

KERNEL(scatterPatches) {
  const long patchRow = COUNT(7) * COUNT(4) * FLOAT;
  const char *from = ADDRESS(5);
  for (long y = COUNT(12); y < COUNT(12) + COUNT(13); y++)
    for (long x = 0; x < COUNT(14); x++)
      for (long ky = 0; ky < COUNT(6); ky++, from += patchRow) {
        const struct patch p = patchOf(a, y, x, ky);
        if (p.row < 0 || p.row >= COUNT(2) || p.inside == 0) continue;
        float *to = (float *)(ADDRESS(0) + p.row * COUNT(1) + p.column * p.pixel);
        const float *values = (const float *)(from + p.before * p.pixel);
        for (long i = 0; i < p.inside * COUNT(4); i++) to[i] += values[i];
      }
}
