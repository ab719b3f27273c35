/* kernels/pooling.ts */
#include "native.h"
#define FAMILY "pooling.inc"
#include "widths.inc"

KERNEL(normReluPool) { PIECES_OR_IMAGES(COUNT(7) * GROUP, COUNT(8), normReluPool); }
KERNEL(maskGradient) { PIECES_OR_IMAGES(COUNT(3) * GROUP, COUNT(4), maskGradient); }
KERNEL(normPoolGradient) { PIECES_OR_IMAGES(COUNT(8) * GROUP, COUNT(9), normPoolGradient); }
