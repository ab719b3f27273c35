/* kernels/matrix.ts and the products of kernels/winograd.ts. */
#include "native.h"

/** A: groups of rows and groups of columns, with distances in bytes. */
struct factor {
  const char *start;
  long outerRows, outerRow, rows, row;
  long outerColumns, outerColumn, columns, column;
};
#define FAMILY "products.inc"
#include "widths.inc"

enum { POINTS = 36 };
/*
 * Columns of the widest block. Registers of 16 lanes take one for each row, so that gcc multiplies by a float in memory:
 * AMD's Zen 4 does that at full speed, but loses a multiplication for every register that it fills with a float.
 */
enum { WIDEST = LANES >= 16 ? LANES : 2 * LANES };

/**
 * C = or += A · B, in blocks of WIDEST columns, and narrower ones for the rest. B is in rows bRow bytes apart or, if
 * that is 0, packed block by block, each as [k][columns of the block].
 */
static void product(
  int accumulate, const struct factor *f, const char *b, long bRow, char *c, long cRow, long quads
) {
  const long k = f->outerColumns * f->columns;
  long n = quads * GROUP;
#define BLOCK(lanes, registers) \
  for (; n >= (lanes) * (registers); n -= (lanes) * (registers)) { \
    const long bytes = (lanes) * (registers) * FLOAT; \
    JOIN(block##registers##_, lanes)(accumulate, f, b, bRow ? bRow : bytes, c, cRow); \
    b += bRow ? bytes : k * bytes; \
    c += bytes; \
  }
#if LANES < 16
  BLOCK(LANES, 2)
#else
  BLOCK(16, 1)
#endif
#if LANES >= 8
  BLOCK(8, 1)
#endif
  BLOCK(4, 1)
#undef BLOCK
}

/** An A without groups. */
#define PLAIN(a, aRow, aColumn, m, k) (&(struct factor){a, 1, 0, m, aRow, 1, 0, k, aColumn})

static const float zero = 0;

/** Packs one block of neighbouring columns. */
INLINE void packRows(const long width, const char *from, long bRow, long rows, float *to) {
  for (long k = 0; k < rows; k++, from += bRow, to += width) memcpy(to, from, width * FLOAT);
}

/** Packs one block: `real` columns bColumn bytes apart, four at a time, and zeros up to its width. */
static void packColumns(
  const char *from, long bRow, long bColumn, long rows, long real, float *to, long width
) {
  for (long n = 0; n < width; n += GROUP, from += GROUP * bColumn) {
    const char *column[GROUP];
    long step[GROUP];
    for (int j = 0; j < GROUP; j++) {
      const int isReal = n + j < real;
      column[j] = isReal ? from + j * bColumn : (const char *)&zero;
      step[j] = isReal ? bRow : 0;
    }
    for (long k = 0; k < rows; k++)
      for (int j = 0; j < GROUP; j++) to[k * width + n + j] = *(const float *)(column[j] + k * step[j]);
  }
}

/* Each width has its own packed layout, which only the kernels below read. */
KERNEL(packPanels) {
  const char *b = ADDRESS(0);
  const long bRow = COUNT(1), bColumn = COUNT(2), rows = COUNT(3), columns = COUNT(4);
  float *to = FLOATS(5);
  for (long n = 0, width; n < columns; n += width) {
    const long left = (columns - n + GROUP - 1) / GROUP * GROUP;
    for (width = WIDEST; width > left;) width /= 2;
    const long real = columns - n < width ? columns - n : width;
    const char *from = b + n * bColumn;
    if (bColumn != FLOAT || real < width) packColumns(from, bRow, bColumn, rows, real, to, width);
    else if (width == WIDEST) packRows(WIDEST, from, bRow, rows, to);
    else packRows(width, from, bRow, rows, to);
    to += rows * width;
  }
}

KERNEL(multiply) {
  product(0, PLAIN(ADDRESS(0), COUNT(1), COUNT(2), COUNT(6), COUNT(7)), ADDRESS(3), 0, ADDRESS(4), COUNT(5), COUNT(8));
}

KERNEL(multiplyPatches) {
  const struct factor f = {
    ADDRESS(1), COUNT(2), COUNT(3), COUNT(4), COUNT(5), COUNT(6), COUNT(7), COUNT(8), COUNT(9),
  };
  product(COUNT(0) != 0, &f, ADDRESS(10), 0, ADDRESS(11), COUNT(12), COUNT(13));
}

KERNEL(fillRows) {
  for (long i = 0; i < COUNT(3); i++) memcpy(ADDRESS(1) + i * COUNT(2), ADDRESS(0), COUNT(4) * QUAD);
}

KERNEL(addRows) { PIECES(COUNT(3) * GROUP, addRows); }

KERNEL(winogradProducts) {
  const long tiles = COUNT(6), channels = COUNT(7), quads = COUNT(8);
  for (long p = 0; p < POINTS; p++) {
    const char *v = ADDRESS(0) + p * COUNT(1), *u = ADDRESS(2) + p * COUNT(3);
    char *to = ADDRESS(4) + p * COUNT(5);
    product(0, PLAIN(v, channels * FLOAT, FLOAT, tiles, channels), u, quads * QUAD, to, quads * QUAD, quads);
  }
}

KERNEL(winogradGradientProducts) {
  const long tiles = COUNT(6), channels = COUNT(7), quads = COUNT(8);
  for (long p = 0; p < POINTS; p++) {
    const char *v = ADDRESS(0) + p * COUNT(1), *d = ADDRESS(2) + p * COUNT(3);
    char *to = ADDRESS(4) + p * COUNT(5);
    product(1, PLAIN(v, FLOAT, channels * FLOAT, channels, tiles), d, quads * QUAD, to, quads * QUAD, quads);
  }
}
