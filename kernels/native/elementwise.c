/* kernels/elementwise.ts, dropout.ts, input.ts and im2col.ts, element-wise, so that the compiler vectorises them. */
#include "native.h"

KERNEL(relu) {
  const float *in = FLOATS(0);
  float *out = FLOATS(1);
  const long count = GROUP * COUNT(2);
  IN_PLACE
  for (long i = 0; i < count; i++) out[i] = in[i] < 0 ? 0 : in[i];
}

KERNEL(reluGradient) {
  const float *output = FLOATS(0);
  float *gradient = FLOATS(1);
  const long count = GROUP * COUNT(2);
  for (long i = 0; i < count; i++) {
    // clang does not vectorise a load that depends on a condition.
    const float d = gradient[i];
    gradient[i] = output[i] > 0 ? d : 0;
  }
}

KERNEL(add) {
  const float *x = FLOATS(0), *y = FLOATS(1);
  float *out = FLOATS(2);
  const long count = GROUP * COUNT(3);
  IN_PLACE
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
    IN_PLACE
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

/* The arguments of the kernel below. */
struct window {
  long inputRow, height, width, channels, kernelHeight, kernelWidth, strideY, strideX, top, left, firstRow, rows, columns;
};
#define WINDOW \
  { \
    COUNT(1), COUNT(2), COUNT(3), COUNT(4), COUNT(6), COUNT(7), COUNT(8), COUNT(9), COUNT(10), COUNT(11), COUNT(12), \
    COUNT(13), COUNT(14) \
  }

/** The part of a patch's row inside the image. The rest is zero. */
struct part {
  long column, before, inside;
};
INLINE struct part partOf(const struct window *w, long x) {
  const long column = x * w->strideX - w->left;
  const long left = column < 0 ? -column : 0, before = left < w->kernelWidth ? left : w->kernelWidth;
  const long end = w->kernelWidth < w->width - column ? w->kernelWidth : w->width - column;
  return (struct part){.column = column + before, .before = before, .inside = end > before ? end - before : 0};
}

KERNEL(scatterPatches) {
  const struct window w = WINDOW;
  char *const input = ADDRESS(0);
  const float *from = FLOATS(5);
  for (long y = w.firstRow; y < w.firstRow + w.rows; y++)
    for (long x = 0; x < w.columns; x++) {
      const struct part p = partOf(&w, x);
      for (long ky = 0; ky < w.kernelHeight; ky++, from += w.kernelWidth * w.channels) {
        const long row = y * w.strideY + ky - w.top;
        if (row < 0 || row >= w.height || p.inside == 0) continue;
        float *to = (float *)(input + row * w.inputRow + p.column * w.channels * FLOAT);
        const float *values = from + p.before * w.channels;
        for (long i = 0; i < p.inside * w.channels; i++) to[i] += values[i];
      }
    }
}
