/* kernels/winograd.ts; its products are in products.c. */
#include "native.h"
#define FAMILY "winograd.inc"
#include "widths.inc"

KERNEL(winogradInput) { PIECES(COUNT(8) * GROUP, winogradInput); }
KERNEL(winogradOutput) { PIECES(COUNT(6) * GROUP, winogradOutput); }
KERNEL(winogradOutputGradient) { PIECES(COUNT(8) * GROUP, winogradOutputGradient); }
KERNEL(winogradWeights) { PIECES(COUNT(5) * GROUP, winogradWeights); }
KERNEL(winogradWeightGradient) { PIECES(COUNT(5) * GROUP, winogradWeightGradient); }
