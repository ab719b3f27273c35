/*
 * Node-API glue. This file uses no wide registers, so that every processor can load it and ask `supported`.
 *
 *   supported             whether this processor and its operating system have the registers
 *   attach(buffer)        `kernels` on the buffer of a WebAssembly.Memory, as functions that take numbers, and
 *   move(buffer)          which must be called after the memory has grown
 *   vectors               updates of typed arrays of equal length, followed by numbers
 */
#include <node_api.h>
#include <stdlib.h>
#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif
#include "native.h"
#include "vectors.h"

enum { MOST_ARGUMENTS = 20 };

/** A memory, which lives until the last of its functions is freed. */
struct space {
  char *memory;
  int users;
};
struct bound {
  const struct kernel *kernel;
  struct space *space;
};

static napi_value fail(napi_env env, const char *message) {
  napi_throw_type_error(env, NULL, message);
  return NULL;
}

static napi_value call(napi_env env, napi_callback_info info) {
  napi_value values[MOST_ARGUMENTS];
  double arguments[MOST_ARGUMENTS] = {0};
  size_t count = MOST_ARGUMENTS;
  void *data;
  napi_get_cb_info(env, info, &count, values, NULL, &data);
  const struct bound *bound = data;
  if (count < (size_t)bound->kernel->arguments) return fail(env, "Too few arguments for a kernel.");
  for (int i = 0; i < bound->kernel->arguments; i++)
    if (napi_get_value_double(env, values[i], &arguments[i]) != napi_ok) return fail(env, "A kernel takes numbers.");
  bound->kernel->run(bound->space->memory, arguments);
  return NULL;
}

/** Asks for huge pages, so that the many streams of a kernel miss fewer translations of addresses. */
static void useHugePages(void *memory, size_t length) {
#ifdef MADV_HUGEPAGE
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = ((uintptr_t)memory + page - 1) / page * page;
  if (length >= page) madvise((void *)first, length - (first - (uintptr_t)memory), MADV_HUGEPAGE);
#else
  (void)memory, (void)length;
#endif
}

static napi_value move(napi_env env, napi_callback_info info) {
  napi_value buffer;
  size_t count = 1, length;
  void *data, *memory;
  napi_get_cb_info(env, info, &count, &buffer, NULL, &data);
  if (count < 1 || napi_get_arraybuffer_info(env, buffer, &memory, &length) != napi_ok) {
    return fail(env, "Expected an ArrayBuffer.");
  }
  ((struct bound *)data)->space->memory = memory;
  useHugePages(memory, length);
  return NULL;
}

static void release(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct bound *bound = data;
  if (--bound->space->users == 0) free(bound->space);
  free(bound);
}

static napi_value bind(napi_env env, struct space *space, const struct kernel *kernel, napi_callback run) {
  struct bound *bound = malloc(sizeof *bound);
  if (!bound) return fail(env, "Out of memory.");
  *bound = (struct bound){kernel, space};
  space->users++;
  napi_value function;
  if (napi_create_function(env, kernel ? kernel->name : "move", NAPI_AUTO_LENGTH, run, bound, &function) != napi_ok ||
      napi_add_finalizer(env, function, bound, release, NULL, NULL) != napi_ok) {
    release(env, bound, NULL);
    return fail(env, "The kernels cannot be bound.");
  }
  return function;
}

static napi_value attach(napi_env env, napi_callback_info info) {
  napi_value buffer, result, functions, function;
  size_t count = 1, length;
  void *memory;
  napi_get_cb_info(env, info, &count, &buffer, NULL, NULL);
  if (count < 1 || napi_get_arraybuffer_info(env, buffer, &memory, &length) != napi_ok) {
    return fail(env, "Expected an ArrayBuffer.");
  }
  struct space *space = malloc(sizeof *space);
  if (!space) return fail(env, "Out of memory.");
  *space = (struct space){memory, 0};
  napi_create_object(env, &result);
  napi_create_object(env, &functions);
  if (!(function = bind(env, space, NULL, move))) return NULL;
  napi_set_named_property(env, result, "move", function);
  for (const struct kernel *kernel = kernels; kernel->name; kernel++) {
    if (!(function = bind(env, space, kernel, call))) return NULL;
    napi_set_named_property(env, functions, kernel->name, function);
  }
  napi_set_named_property(env, result, "kernels", functions);
  return result;
}

/** Checks that every vector has its type and the length of the first one. */
static napi_value callVectors(napi_env env, napi_callback_info info) {
  napi_value values[MOST_ARGUMENTS];
  double numbers[MOST_ARGUMENTS];
  void *vectors[MOST_ARGUMENTS], *data;
  size_t count = MOST_ARGUMENTS, size = 0, length;
  napi_get_cb_info(env, info, &count, values, NULL, &data);
  const struct vectorKernel *kernel = data;
  const int arrays = (int)strlen(kernel->types);
  if (count < (size_t)(arrays + kernel->numbers)) return fail(env, "Too few arguments for a kernel.");
  for (int i = 0; i < arrays; i++) {
    const napi_typedarray_type wanted = kernel->types[i] == 'd' ? napi_float64_array : napi_float32_array;
    napi_typedarray_type type;
    if (napi_get_typedarray_info(env, values[i], &type, &length, &vectors[i], NULL, NULL) != napi_ok || type != wanted) {
      return fail(env, "A kernel of vectors takes a typed array of another kind.");
    }
    if (i == 0) size = length;
    else if (length != size) return fail(env, "A kernel of vectors takes vectors of one length.");
  }
  for (int i = 0; i < kernel->numbers; i++)
    if (napi_get_value_double(env, values[arrays + i], &numbers[i]) != napi_ok) return fail(env, "A kernel takes numbers.");
  kernel->run(vectors, (long)size, numbers);
  return NULL;
}

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>

/**
 * guard(buffer, first, bytes, isForbidden): forbids or allows bytes. A kernel that touches forbidden ones ends the
 * process.
 */
static napi_value guard(napi_env env, napi_callback_info info) {
  napi_value values[4];
  size_t count = 4, length;
  void *memory;
  int64_t first, bytes;
  bool isForbidden;
  napi_get_cb_info(env, info, &count, values, NULL, NULL);
  napi_get_arraybuffer_info(env, values[0], &memory, &length);
  napi_get_value_int64(env, values[1], &first);
  napi_get_value_int64(env, values[2], &bytes);
  napi_get_value_bool(env, values[3], &isForbidden);
  if (isForbidden) __asan_poison_memory_region((char *)memory + first, (size_t)bytes);
  else __asan_unpoison_memory_region((char *)memory + first, (size_t)bytes);
  return NULL;
}
#endif

static bool isSupported(void) {
#if defined __x86_64__ && LANES == 16
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
#elif defined __x86_64__
#ifdef FUSED
  if (!__builtin_cpu_supports("fma")) return false;
#endif
  return __builtin_cpu_supports("avx2");
#else
  return true;
#endif
}

NAPI_MODULE_INIT() {
  napi_value value;
  napi_get_boolean(env, isSupported(), &value);
  napi_set_named_property(env, exports, "supported", value);
  napi_create_function(env, "attach", NAPI_AUTO_LENGTH, attach, NULL, &value);
  napi_set_named_property(env, exports, "attach", value);
  napi_value vectors;
  napi_create_object(env, &vectors);
  for (const struct vectorKernel *kernel = vectorKernels; kernel->name; kernel++) {
    napi_create_function(env, kernel->name, NAPI_AUTO_LENGTH, callVectors, (void *)kernel, &value);
    napi_set_named_property(env, vectors, kernel->name, value);
  }
  napi_set_named_property(env, exports, "vectors", vectors);
#ifdef __SANITIZE_ADDRESS__
  napi_create_function(env, "guard", NAPI_AUTO_LENGTH, guard, NULL, &value);
  napi_set_named_property(env, exports, "guard", value);
#endif
  return exports;
}
