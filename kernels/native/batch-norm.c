/* kernels/batch-norm.ts */
#include "native.h"
#define FAMILY "batch-norm.inc"
#include "widths.inc"

KERNEL(channelMoments) { PIECES(COUNT(2) * GROUP, channelMoments); }
KERNEL(normalise) { PIECES(COUNT(6) * GROUP, normalise); }
KERNEL(normGradientSums) { PIECES(COUNT(3) * GROUP, normGradientSums); }
KERNEL(normGradient) { PIECES(COUNT(7) * GROUP, normGradient); }
