/* kernels/batch-norm.ts */
#include "native.h"
#define FAMILY "batch-norm.inc"
#include "widths.inc"

/*
 * Lanes of sums in double precision. With 256-bit registers it is four lanes at a time, since gcc keeps eight doubles
 * in memory, where each addition waits for the one before (two to five times as slow).
 */
#if LANES == 8
#define DOUBLE_PIECES(channels, part) \
  for (long c = 0; c < (channels); c += 4) part##_4(memory, a, c)
#else
#define DOUBLE_PIECES PIECES
#endif

KERNEL(channelMoments) { DOUBLE_PIECES(COUNT(2) * GROUP, channelMoments); }
KERNEL(normalise) { PIECES(COUNT(6) * GROUP, normalise); }
KERNEL(normGradientSums) { DOUBLE_PIECES(COUNT(3) * GROUP, normGradientSums); }
KERNEL(normGradient) { PIECES(COUNT(7) * GROUP, normGradient); }
