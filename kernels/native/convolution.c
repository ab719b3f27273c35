/* The sweeps of kernels/convolution.ts. */
#include "native.h"
#define FAMILY "convolution.inc"
#include "widths.inc"

INLINE void sweep(char *memory, const double *a, double *moments) {
  const long images = COUNT(10), whole = images / GROUPS * GROUPS;
  JOIN(convolve_, LANES)(memory, a, 0, whole, moments);
  if (whole < images) convolve_4(memory, a, whole, images - whole, moments);
}

KERNEL(convolve3x3) { sweep(memory, a, 0); }
KERNEL(convolve3x3Moments) { sweep(memory, a, DOUBLES(11)); }

KERNEL(weightGradient3x3) {
  const long inputRow = COUNT(1), inputImage = COUNT(2), channels = COUNT(9), quads = COUNT(10);
  float *lines = FLOATS(3);
  for (long n = 0; n < COUNT(11); n++) {
    transformImages_4(ADDRESS(0) + n * inputImage, inputRow, inputImage, lines, COUNT(7));
    for (long q = 0; q < quads; q++) {
      const char *d = ADDRESS(4) + n * COUNT(6) + q * QUAD;
      char *gradient = ADDRESS(12) + q * 4 * channels * 3 * QUAD;
      long c = 0;
      for (; c + GROUPS <= channels; c += GROUPS) JOIN(weightGradient_, LANES)(a, lines, d, gradient, c);
      for (; c < channels; c++) weightGradient_4(a, lines, d, gradient, c);
    }
  }
}
