// malloc and its family over the guest's heap. A heap that may not grow further ends the call with ERR_LIMIT_MEMORY on
// the host. malloc returns NULL only for a size that no heap could have.
#include "runtime.h"

#include "heap.h"

#include <stdlib.h>
#include <string.h>

static bool grow(struct heap *heap, size_t size) {
  colony_hypercall(COLONY_OP_GROW, (const void *)size, 0, NULL, 0);  // returns only if the heap has grown
  heap->end = heap->base + size;
  return true;
}

static void corrupt(const char *what) { runtime_abort(COLONY_TRAP_EXIT, "the heap is corrupt: ", what); }

// The static is on the page of the heap's lists: programs without malloc have neither.
static struct heap *heap(void) {
  static struct heap heap;
  if (heap.base == NULL) {
    heap.base = runtime_heap.base;
    heap.end = heap.base + runtime_heap.size;
    heap.limit = heap.base + runtime_heap.capacity;
    heap.high = heap.base;
    heap.grow = grow;
    heap.corrupt = corrupt;
  }
  return &heap;
}

void *malloc(size_t size) { return heap_allocate(heap(), size); }
void free(void *data) { heap_free(heap(), data); }
void *realloc(void *data, size_t size) { return heap_resize(heap(), data, size); }

void *calloc(size_t count, size_t size) {
  size_t bytes;
  return __builtin_mul_overflow(count, size, &bytes) ? NULL : heap_allocate_zeroed(heap(), bytes);
}

static bool power_of_two(size_t value) { return value != 0 && (value & (value - 1)) == 0; }

void *aligned_alloc(size_t alignment, size_t size) {
  return power_of_two(alignment) ? heap_allocate_aligned(heap(), alignment, size) : NULL;
}

void *memalign(size_t alignment, size_t size) { return aligned_alloc(alignment, size); }

int posix_memalign(void **data, size_t alignment, size_t size) {
  if (!power_of_two(alignment) || alignment < sizeof(void *)) return 22;  // EINVAL
  void *made = aligned_alloc(alignment, size);
  if (made == NULL) return 12;  // ENOMEM
  *data = made;
  return 0;
}

size_t malloc_usable_size(void *data) { return heap_usable(heap(), data); }

// The names by which musl calls its own allocator internally.
void *__libc_malloc(size_t size) { return malloc(size); }
void __libc_free(void *data) { free(data); }
void *__libc_calloc(size_t count, size_t size) { return calloc(count, size); }
void *__libc_realloc(void *data, size_t size) { return realloc(data, size); }
