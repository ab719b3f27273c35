/* Updates of whole vectors of `size` elements each, with numbers. */
#ifndef VECTORS_H
#define VECTORS_H

struct vectorKernel {
  const char *name;
  void (*run)(void *const *vectors, long size, const double *numbers);
  /** A letter for each vector: f for floats, d for doubles. */
  const char *types;
  int numbers;
};
/** Ends with a null name. */
extern const struct vectorKernel vectorKernels[];

#endif
