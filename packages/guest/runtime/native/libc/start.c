// Provides what a kernel gives a process and a libc expects: a thread pointer with the thread's block of variables.
// There is one thread.
//
//   block                        thread pointer (FS base)
//   | .tdata copied | .tbss zero | self | musl's thread data: errno, locale |
#include "runtime.h"

#include <stdlib.h>
#include <string.h>

enum { TLS_ALIGN = 64, THREAD_SIZE = 512 };  // musl 1.2 needs about 200 bytes

// The linker counts offsets back from the thread pointer. This variable makes it align the block as the code here does.
static _Thread_local volatile char alignment[TLS_ALIGN] __attribute__((aligned(TLS_ALIGN)));

extern const char __tdata_start[], __tdata_end[], __tbss_end[];

// From musl; absent if the program only uses thread-local variables.
typedef struct __locale_struct *locale_t;
__attribute__((weak)) locale_t uselocale(locale_t locale);
#define LC_GLOBAL_LOCALE ((locale_t)-1)

void libc_start(void) {
  size_t size = ((size_t)(__tbss_end - __tdata_start) + TLS_ALIGN - 1) & ~(size_t)(TLS_ALIGN - 1);
  char *block = aligned_alloc(TLS_ALIGN, size + THREAD_SIZE);
  memset(block, 0, size + THREAD_SIZE);
  memcpy(block, __tdata_start, (size_t)(__tdata_end - __tdata_start));
  void *thread = block + size;
  memcpy(thread, (const void *)&thread, sizeof thread);
  colony_set_thread_pointer(thread);
  alignment[0] = 0;  // keeps it in the image
  if (uselocale != NULL) uselocale(LC_GLOBAL_LOCALE);
}
