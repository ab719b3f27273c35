/* kernels/windows.ts */
#include "native.h"

struct window {
  long height, width, row, pixel;
  float share;
};
/** The part of a window inside the image along one axis. */
struct part {
  long begin, cells;
};
INLINE struct part partOf(long start, long length, long size) {
  const long begin = start < 0 ? 0 : start, end = start + length < size ? start + length : size;
  return (struct part){begin, end - begin};
}

#define FAMILY "windows.inc"
#include "widths.inc"

/** `call(lanes, in, out)` for every piece of every window: byte offsets into the input's and the output's maps. */
#define EACH_WINDOW(first, call) \
  do { \
    const long inputHeight = COUNT(first), inputWidth = COUNT(first + 1), height = COUNT(first + 3); \
    const long width = COUNT(first + 4), strideY = COUNT(first + 7), strideX = COUNT(first + 8); \
    const long top = COUNT(first + 9), left = COUNT(first + 10), quads = COUNT(first + 11), images = COUNT(first + 12); \
    const long pixel = quads * QUAD, row = inputWidth * pixel; \
    long out = 0; \
    for (long n = 0; n < images; n++) \
      for (long y = 0; y < height; y++) { \
        const struct part v = partOf(y * strideY - top, COUNT(first + 5), inputHeight); \
        for (long x = 0; x < width; x++, out += pixel) { \
          const struct part h = partOf(x * strideX - left, COUNT(first + 6), inputWidth); \
          const struct window w = {v.cells, h.cells, row, pixel, 1.f / (float)(v.cells * h.cells)}; \
          const long in = n * inputHeight * row + v.begin * row + h.begin * pixel; \
          long c = 0; \
          WIDE_WINDOWS(call) \
          for (; c < quads * GROUP; c += 4) call(4, in + c * FLOAT, out + c * FLOAT); \
        } \
      } \
  } while (0)
#if LANES >= 16
#define WIDE_WINDOWS(call) \
  for (; c + 16 <= quads * GROUP; c += 16) call(16, in + c * FLOAT, out + c * FLOAT); \
  for (; c + 8 <= quads * GROUP; c += 8) call(8, in + c * FLOAT, out + c * FLOAT);
#elif LANES >= 8
#define WIDE_WINDOWS(call) \
  for (; c + 8 <= quads * GROUP; c += 8) call(8, in + c * FLOAT, out + c * FLOAT);
#else
#define WIDE_WINDOWS(call)
#endif

/* Arguments: input, [dInput,] inputHeight, inputWidth, output, height, width, pool 2, strides 2, top, left, quads, images. */
KERNEL(maxPool) {
#define CALL(lanes, in, out) maxPool_##lanes(&w, ADDRESS(0) + (in), ADDRESS(3) + (out))
  EACH_WINDOW(1, CALL);
#undef CALL
}

KERNEL(maxPoolGradient) {
#define CALL(lanes, in, out) maxPoolGradient_##lanes(&w, ADDRESS(0) + (in), ADDRESS(1) + (in), ADDRESS(4) + (out))
  EACH_WINDOW(2, CALL);
#undef CALL
}

KERNEL(averagePool) {
#define CALL(lanes, in, out) averagePool_##lanes(&w, ADDRESS(0) + (in), ADDRESS(3) + (out))
  EACH_WINDOW(1, CALL);
#undef CALL
}

KERNEL(averagePoolGradient) {
#define CALL(lanes, in, out) averagePoolGradient_##lanes(&w, ADDRESS(0) + (in), ADDRESS(3) + (out))
  EACH_WINDOW(1, CALL);
#undef CALL
}
