// malloc for the guest runtime around a Wasm module. The guest's heap is the module's linear memory. Frames that are
// too large for the runtime's own buffers are therefore in an arena of the image.
#include "runtime/heap.h"
#include "runtime/runtime.h"

#include <stdlib.h>

#define ARENA_SIZE (1u << 20)

static bool full(struct heap *heap, size_t size) {
  (void)heap, (void)size;
  return false;
}

static void corrupt(const char *what) { runtime_abort(COLONY_TRAP_EXIT, "the heap is corrupt: ", what); }

static struct heap *heap(void) {
  static _Alignas(16) char arena[ARENA_SIZE];
  static struct heap heap;
  if (heap.base == NULL) {
    heap.base = heap.high = arena;
    heap.end = heap.limit = arena + sizeof arena;
    heap.grow = full;
    heap.corrupt = corrupt;
  }
  return &heap;
}

void *malloc(size_t size) { return heap_allocate(heap(), size); }
void free(void *data) { heap_free(heap(), data); }
void *realloc(void *data, size_t size) { return heap_resize(heap(), data, size); }
