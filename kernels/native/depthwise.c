/* kernels/depthwise.ts */
#include "native.h"

/** Sizes in pixels; `pixel` and `row` of the input in bytes. */
struct depthwise {
  long height, width, outHeight, outWidth, kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX, top, left;
  long channels, images, pixel, row;
};
/** Reads the arguments: height and width at index `input`, all others from index `output` on. */
INLINE struct depthwise depthwiseOf(const double *a, int input, int output) {
  const long quads = COUNT(output + 10), width = COUNT(input + 1);
  return (struct depthwise){
    .height = COUNT(input), .width = width, .outHeight = COUNT(output), .outWidth = COUNT(output + 1),
    .kernelHeight = COUNT(output + 2), .kernelWidth = COUNT(output + 3), .strideY = COUNT(output + 4),
    .strideX = COUNT(output + 5), .dilationY = COUNT(output + 6), .dilationX = COUNT(output + 7),
    .top = COUNT(output + 8), .left = COUNT(output + 9), .channels = quads * GROUP, .images = COUNT(output + 11),
    .pixel = quads * QUAD, .row = width * quads * QUAD,
  };
}

/** The taps of a window inside the image along one axis: `count` taps from `first` on, the first at pixel `at`. */
struct taps {
  long first, count, at;
};
INLINE struct taps tapsOf(long start, long dilation, long taps, long size) {
  long first = 0, end = taps;
  if (start < 0) first = (dilation - 1 - start) / dilation;
  if (start + (taps - 1) * dilation >= size) end = start < size ? (size - start + dilation - 1) / dilation : 0;
  return (struct taps){first, end > first ? end - first : 0, start + first * dilation};
}

#define FAMILY "depthwise.inc"
#include "widths.inc"

KERNEL(depthwise) { PIECES(COUNT(16) * GROUP, depthwise); }
KERNEL(depthwiseInputGradient) { PIECES(COUNT(15) * GROUP, depthwiseInputGradient); }
KERNEL(depthwiseWeightGradient) { PIECES(COUNT(15) * GROUP, depthwiseWeightGradient); }
