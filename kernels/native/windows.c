/* kernels/windows.ts */
#include "native.h"

struct window {
  long height, width, row, pixel;
  float share;
};
#define FAMILY "windows.inc"
#include "widths.inc"

/** `call(lanes, in, out)` for every piece of every window: byte offsets into the input's and the output's maps. */
#define EACH_WINDOW(first, call) \
  do { \
    const long inputHeight = COUNT(first), inputWidth = COUNT(first + 1), height = COUNT(first + 3); \
    const long width = COUNT(first + 4), strideY = COUNT(first + 7), strideX = COUNT(first + 8); \
    const long quads = COUNT(first + 9), images = COUNT(first + 10); \
    const long pixel = quads * QUAD, row = inputWidth * pixel; \
    const long cells = COUNT(first + 5) * COUNT(first + 6); \
    const struct window w = {COUNT(first + 5), COUNT(first + 6), row, pixel, 1.f / (float)cells}; \
    long out = 0; \
    for (long n = 0; n < images; n++) \
      for (long y = 0; y < height; y++) \
        for (long x = 0; x < width; x++, out += pixel) { \
          const long in = n * inputHeight * row + y * strideY * row + x * strideX * pixel; \
          long c = 0; \
          WIDE_WINDOWS(call) \
          for (; c < quads * GROUP; c += 4) call(4, in + c * FLOAT, out + c * FLOAT); \
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

/* Arguments: input, [dInput,] inputHeight, inputWidth, output, height, width, pool 2, strides 2, quads, images. */
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
