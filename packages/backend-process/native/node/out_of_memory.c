// Preloaded into a jailed Node. V8 does not check small allocations in some places. If its process may have no more
// memory, it writes to address 0, and the host would see a crash instead of a reached limit. A failed small request
// would end the process anyway; this reports it first. Large requests are left to V8, which collects garbage and
// throws.
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

enum {
  SMALL = 32 * 1024,
  NO_ERROR = 0,
  // ENOMEM: posix_memalign returns it instead of setting errno.
  NO_MEMORY = 12,
  // Any value that the child's program does not use; its last output states the reason.
  EXIT_CODE = 71,
};

static void *checked(void *memory, size_t size) {
  if (memory != NULL || size == 0 || size > SMALL) return memory;
  static const char words[] = "out of memory\n";
  if (write(STDERR_FILENO, words, sizeof words - 1) < 0) _exit(EXIT_CODE + 1);
  _exit(EXIT_CODE);
}

void *malloc(size_t size) { return checked(__libc_malloc(size), size); }

void *calloc(size_t count, size_t size) {
  size_t total;
  if (__builtin_mul_overflow(count, size, &total)) total = SIZE_MAX;
  return checked(__libc_calloc(count, size), total);
}

void *realloc(void *old, size_t size) { return checked(__libc_realloc(old, size), size); }

void *memalign(size_t alignment, size_t size) { return checked(__libc_memalign(alignment, size), size); }

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
  void *made = memalign(alignment, size);
  if (made == NULL) return NO_MEMORY;
  *memory = made;
  return NO_ERROR;
}
