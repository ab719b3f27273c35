/* kernels/first-convolution.ts */
#include "native.h"
#define FAMILY "first-convolution.inc"
#include "widths.inc"

KERNEL(convolveNormReluPool) { PIECES_OR_IMAGES(COUNT(12) * GROUP, COUNT(13), convolveNormReluPool); }
KERNEL(convolveNormReluPoolForward) { PIECES_OR_IMAGES(COUNT(11) * GROUP, COUNT(12), convolveNormReluPoolForward); }
KERNEL(maskPooledGradient) { PIECES_OR_IMAGES(COUNT(6) * GROUP, COUNT(7), maskPooledGradient); }

KERNEL(winnersWeightGradient) {
  const long pixel = COUNT(7) * QUAD, pooled = COUNT(5) * COUNT(6) * pixel;
  for (long n = 0; n < COUNT(8); n++)
    for (long q = 0; q < COUNT(7); q++) {
      const long at = n * pooled + q * QUAD;
      for (int c = 0; c < GROUP; c += GROUPS)
        JOIN(winnersGradient_, LANES)(
          a, ADDRESS(0) + n * COUNT(2), ADDRESS(3) + at, ADDRESS(4) + at, DOUBLES(9) + q * 12 * GROUP, c
        );
    }
}
