// The allocator behind malloc: segregated good-fit lists with boundary tags, and a top that grows upward.
//
//   base        chunk      chunk (free)                    chunk      top              end
//   | 8 unused | head data | head next prev .. back size | head data | 0 | never used |
//
// A chunk is a multiple of 16 bytes and starts 8 below a multiple of 16, so that data is 16-byte aligned. A free chunk
// never touches another one or the top: they are merged. Low addresses are used again first, and memory above the
// top is never touched, because every page that a call writes must be reset after it.
#ifndef COLONY_RUNTIME_HEAP_H
#define COLONY_RUNTIME_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HEAP_LISTS = 256 };

struct heap_chunk;

struct heap {
  char *base;
  struct heap_chunk *top;  // NULL before the first use
  char *end;               // end of the present memory
  char *limit;             // end of the memory that can ever be present
  char *high;              // memory from here on was never written, so it is zero
  struct heap_chunk *lists[HEAP_LISTS];
  uint64_t filled[HEAP_LISTS / 64];              // lists that are not empty
  bool (*grow)(struct heap *heap, size_t size);  // grows the memory to `size` bytes in all
  void (*corrupt)(const char *what);             // does not return
};

void *heap_allocate(struct heap *heap, size_t size);
void *heap_allocate_zeroed(struct heap *heap, size_t size);
void *heap_allocate_aligned(struct heap *heap, size_t alignment, size_t size);
void *heap_resize(struct heap *heap, void *data, size_t size);
void heap_free(struct heap *heap, void *data);
size_t heap_usable(struct heap *heap, void *data);
// Walks the whole heap and returns whether it is consistent. For tests.
bool heap_sound(const struct heap *heap);

#endif
