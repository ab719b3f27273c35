/* kernels/peak.ts: multiplications and additions in chains of their own, for the yardstick of the engine benchmark. */
#include "native.h"
#define FAMILY "peak.inc"
#include "widths.inc"

KERNEL(multiplyAdds) { JOIN(multiplyAdds_, LANES)(COUNT(0), (float)a[1], (float)a[2], FLOATS(3)); }
