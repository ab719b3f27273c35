/* kernels/product.ts and prelu of activation.ts */
#include "native.h"
#define FAMILY "product.inc"
#include "widths.inc"

KERNEL(multiplyMaps) {
  const float *x = FLOATS(0), *y = FLOATS(1);
  float *out = FLOATS(2);
  const long count = GROUP * COUNT(3);
  IN_PLACE
  for (long i = 0; i < count; i++) out[i] = x[i] * y[i];
}

KERNEL(scaleChannels) {
  const long pixels = COUNT(3), channels = COUNT(4) * GROUP, images = COUNT(5);
  const float *map = FLOATS(0), *gates = FLOATS(1);
  float *out = FLOATS(2);
  for (long n = 0; n < images; n++, gates += channels)
    for (long i = 0; i < pixels; i++, map += channels, out += channels)
      IN_PLACE
      for (long c = 0; c < channels; c++) out[c] = map[c] * gates[c];
}

KERNEL(gateGradient) { PIECES(COUNT(4) * GROUP, gateGradient); }

KERNEL(prelu) {
  const long pixels = COUNT(3), channels = COUNT(4) * GROUP;
  const float *in = FLOATS(0), *slopes = FLOATS(2);
  float *out = FLOATS(1);
  for (long i = 0; i < pixels; i++, in += channels, out += channels)
    IN_PLACE
    for (long c = 0; c < channels; c++) {
      const float below = in[c] * slopes[c];
      out[c] = in[c] < 0 ? below : in[c];
    }
}

KERNEL(preluGradient) { PIECES(COUNT(6) * GROUP, preluGradient); }
