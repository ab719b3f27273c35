/* Updates of whole vectors: of `size` elements each, and some numbers. */
#ifndef VECTORS_H
#define VECTORS_H

struct vectorKernel {
  const char *name;
  void (*run)(void *const *vectors, long size, const double *numbers);
  /** A letter for each vector: f for floats, d for doubles. */
  const char *types;
  int numbers;
};
/** Ends with a name that is null. */
extern const struct vectorKernel vectorKernels[];

#endif
