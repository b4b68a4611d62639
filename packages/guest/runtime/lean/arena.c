// Memory for frames in an image without a heap: consecutive blocks in the memory that GROW provides. Freeing the last
// block releases its memory. When no block is left, as between two calls, all memory is free.
#include "memory.h"
#include "runtime.h"

#include <string.h>

struct block {
  size_t size;  // of its data
  size_t padding;
};

static struct {
  char *top;  // NULL before the first block
  size_t blocks;
} arena;

static size_t rounded(size_t size) { return (size + 15) & ~(size_t)15; }

static void make_room(char *end) {
  size_t need = ((size_t)(end - runtime_heap.base) + 4095) & ~(size_t)4095;
  if (need <= runtime_heap.size) return;
  colony_hypercall(COLONY_OP_GROW, (const void *)need, 0, NULL, 0);  // returns only if the heap has grown
  runtime_heap.size = need;
}

void *frame_allocate(size_t size) {
  if (size > (size_t)1 << 46) return NULL;
  if (arena.top == NULL) arena.top = runtime_heap.base;
  struct block *block = (struct block *)arena.top;
  char *end = (char *)(block + 1) + rounded(size);
  make_room(end);
  block->size = size;
  arena.top = end;
  arena.blocks++;
  return block + 1;
}

static bool is_last(const struct block *block) { return (const char *)(block + 1) + rounded(block->size) == arena.top; }

void *frame_resize(void *data, size_t size) {
  struct block *block = (struct block *)data - 1;
  if (size > (size_t)1 << 46) return NULL;
  if (is_last(block)) {
    arena.top = (char *)data + rounded(size);
    make_room(arena.top);
    block->size = size;
    return data;
  }
  void *moved = frame_allocate(size);
  memcpy(moved, data, block->size < size ? block->size : size);
  frame_free(data);
  return moved;
}

void frame_free(void *data) {
  if (data == NULL) return;
  struct block *block = (struct block *)data - 1;
  if (--arena.blocks == 0) arena.top = runtime_heap.base;
  else if (is_last(block)) arena.top = (char *)block;
}
