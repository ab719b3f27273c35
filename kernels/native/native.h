/*
 * The twins of the WebAssembly kernels in C, on registers of LANES floats (4, 8 or 16).
 *
 * A kernel has the name, the arguments and the bits of the WebAssembly function in kernels/. A lane is a channel or a
 * column and computes the same in the same order. The compiler must fuse nothing (-ffp-contract=off); with FUSED the
 * multiply-adds that the relaxed build of WebAssembly fuses are fused here too. Wider registers take more channels or
 * columns at once or, for few channels, several images.
 */
#ifndef NATIVE_H
#define NATIVE_H
#include <stdint.h>
#include <string.h>
#if defined __x86_64__ && LANES > 4
#include <immintrin.h>
#elif defined __aarch64__
#include <arm_neon.h>
#endif

#ifndef LANES
#error "LANES is the number of floats in a register: 4, 8 or 16"
#endif
#define INLINE static inline __attribute__((always_inline))
/* Before loops whose counts the compiler knows, so that arrays of registers stay in registers. */
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/*
 * Before loops whose input and output may be the same place: an iteration touches no place of another one. Without it
 * clang runs such a loop float by float; gcc finds out by itself.
 */
#ifdef __clang__
#define IN_PLACE _Pragma("clang loop vectorize(assume_safety)")
#else
#define IN_PLACE
#endif

#ifdef __SANITIZE_ADDRESS__
/* Copies that the sanitizer checks: `replace_intrin=0` turns off its checks of the library's, which Node uses too. */
INLINE void copyBytes(void *to, const void *from, long bytes) {
  for (long i = 0; i < bytes; i++) ((volatile char *)to)[i] = ((const char *)from)[i];
}
INLINE void clearBytes(void *to, int value, long bytes) {
  for (long i = 0; i < bytes; i++) ((volatile char *)to)[i] = (char)value;
}
#define memcpy copyBytes
#define memset clearBytes
#endif

/** `a` holds the arguments: byte offsets into `memory`, counts and factors. */
typedef void Kernel(char *memory, const double *a);
struct kernel {
  const char *name;
  Kernel *run;
  int arguments;
};
/** Ends with a null name. */
extern const struct kernel kernels[];

#define KERNEL(name) void name(char *memory, const double *a)
#define COUNT(i) ((long)a[i])
#define ADDRESS(i) (memory + (long)a[i])
#define FLOATS(i) ((float *)(memory + (long)a[i]))
#define DOUBLES(i) ((double *)(memory + (long)a[i]))

/* Bytes of a float and of a quad, floats in a quad, and quads in a register. */
enum { FLOAT = 4, QUAD = 16, GROUP = 4, GROUPS = LANES / GROUP };

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
/** Functions that are compiled for every width end in its number of lanes. */
#define FN(name) JOIN(name##_, L)

/**
 * Splits `channels`, whole quads, into the widest pieces, and calls `part_L(memory, a, c)` with the first channel c of
 * each.
 */
#if LANES >= 16
#define WIDE_PIECES(channels, part, ...) \
  for (; c + 16 <= (channels); c += 16) part##_16(memory, a, c, ##__VA_ARGS__); \
  for (; c + 8 <= (channels); c += 8) part##_8(memory, a, c, ##__VA_ARGS__);
#elif LANES >= 8
#define WIDE_PIECES(channels, part, ...) \
  for (; c + 8 <= (channels); c += 8) part##_8(memory, a, c, ##__VA_ARGS__);
#else
#define WIDE_PIECES(channels, part, ...)
#endif
#define PIECES(channels, part) \
  do { \
    long c = 0; \
    WIDE_PIECES(channels, part) \
    for (; c < (channels); c += 4) part##_4(memory, a, c); \
  } while (0)

/**
 * Calls `part_L(memory, a, c, first, count, byImages)` first for wide pieces of the channels of all images, and then
 * for each remaining quad with as many images at once as fit into a register.
 */
#define PIECES_OR_IMAGES(channels, images, part) \
  do { \
    const long all = (images), whole = all / GROUPS * GROUPS; \
    long c = 0; \
    WIDE_PIECES(channels, part, 0, all, 0) \
    for (; c < (channels); c += 4) { \
      JOIN(part##_, LANES)(memory, a, c, 0, whole, 1); \
      if (whole < all) part##_4(memory, a, c, whole, all - whole, 1); \
    } \
  } while (0)

#endif
