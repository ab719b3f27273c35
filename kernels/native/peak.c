/* kernels/peak.ts: independent chains of multiplications and additions, the reference of the engine benchmark. */
#include "native.h"
#define FAMILY "peak.inc"
#include "widths.inc"

KERNEL(multiplyAdds) { JOIN(multiplyAdds_, LANES)(COUNT(0), (float)a[1], (float)a[2], FLOATS(3)); }
