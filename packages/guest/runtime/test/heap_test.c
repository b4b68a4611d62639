#include "check.h"
#include "heap.h"

#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

enum { ROOM = 8 << 20 };
static char memory[ROOM] __attribute__((aligned(4096)));
static jmp_buf caught;
static const char *complaint;
static int growths;

static bool grow(struct heap *heap, size_t size) {
  CHECK(size % 4096 == 0 && size > (size_t)(heap->end - heap->base));
  growths++;
  if (size > ROOM) return false;
  heap->end = heap->base + size;
  return true;
}

static void corrupt(const char *what) {
  complaint = what;
  longjmp(caught, 1);
}

static struct heap fresh(void) {
  memset(memory, 0, sizeof memory);
  return (struct heap){
      .base = memory, .end = memory, .limit = memory + ROOM, .high = memory, .grow = grow, .corrupt = corrupt};
}

static void basics(void) {
  struct heap heap = fresh();
  CHECK(heap_allocate(&heap, SIZE_MAX) == NULL && heap_allocate(&heap, (size_t)1 << 40) == NULL);
  void *none = heap_allocate(&heap, 0);
  CHECK(none != NULL && heap_usable(&heap, none) >= 16);
  void *a = heap_allocate(&heap, 100), *b = heap_allocate(&heap, 100);
  CHECK((uintptr_t)a % 16 == 0 && (uintptr_t)b % 16 == 0 && (char *)b >= (char *)a + 100);
  heap_free(&heap, a);
  CHECK(heap_allocate(&heap, 100) == a);  // low addresses are used again
  heap_free(&heap, NULL);
  heap_free(&heap, a);
  heap_free(&heap, b);
  heap_free(&heap, none);
  CHECK(heap_sound(&heap) && (char *)heap.top == heap.base + 8);  // all merged into the top
  CHECK(growths == 1);
}

static void zeroed(void) {
  struct heap heap = fresh();
  char *a = heap_allocate(&heap, 5000);
  memset(a, 0xff, 5000);
  heap_free(&heap, a);
  char *b = heap_allocate_zeroed(&heap, 20000);
  for (int i = 0; i < 20000; i++) CHECK(b[i] == 0);
}

static void in_place(void) {
  struct heap heap = fresh();
  char *a = heap_allocate(&heap, 100);
  CHECK(heap_resize(&heap, a, 1 << 20) == a);  // at the top: nothing is copied
  CHECK(heap_resize(&heap, a, 50) == a && heap_sound(&heap));
  char *b = heap_allocate(&heap, 1000), *c = heap_allocate(&heap, 1000);
  heap_free(&heap, b);
  CHECK(heap_resize(&heap, a, 1000) == a && heap_sound(&heap));  // into the free block after it
  heap_free(&heap, c);
  CHECK(heap_resize(&heap, a, SIZE_MAX) == NULL);
}

static void aligned(void) {
  struct heap heap = fresh();
  void *blocks[64];
  for (int i = 0; i < 64; i++) {
    size_t alignment = (size_t)16 << i % 9;
    blocks[i] = heap_allocate_aligned(&heap, alignment, 40 + (size_t)i);
    CHECK((uintptr_t)blocks[i] % alignment == 0 && heap_sound(&heap));
  }
  for (int i = 0; i < 64; i += 2) heap_free(&heap, blocks[i]);
  for (int i = 1; i < 64; i += 2) heap_free(&heap, blocks[i]);
  CHECK(heap_sound(&heap) && (char *)heap.top == heap.base + 8);
}

#define COMPLAINS(...)                          \
  do {                                          \
    complaint = NULL;                           \
    if (setjmp(caught) == 0) { __VA_ARGS__; }   \
    CHECK(complaint != NULL);                   \
  } while (0)

static void misuse(void) {
  static struct heap heap;
  static struct heap *const h = &heap;
  static char *a, *b, *c;
  heap = fresh();
  a = heap_allocate(h, 100), b = heap_allocate(h, 100), c = heap_allocate(h, 100);
  COMPLAINS(heap_free(h, a + 8));
  COMPLAINS(heap_free(h, a + 32));
  COMPLAINS(heap_free(h, memory + ROOM));
  COMPLAINS(heap_free(h, &heap));
  heap_free(h, b);
  COMPLAINS(heap_free(h, b));
  heap_free(h, a);
  COMPLAINS(heap_free(h, a));
  COMPLAINS(heap_free(h, b));  // now inside the block that a and b became
  heap_free(h, c);
  COMPLAINS(heap_free(h, c));  // now above the top
  COMPLAINS(heap_resize(h, c, 10));
  a = heap_allocate(h, 24), b = heap_allocate(h, 24);
  memset(a, 0xff, 40);
  COMPLAINS(heap_free(h, b));
}

static void out_of_memory(void) {
  struct heap heap = fresh();
  size_t count = 0;
  while (heap_allocate(&heap, 100000) != NULL) count++;
  CHECK(count >= ROOM / 100100 - 1 && heap_sound(&heap));
  CHECK(heap.end <= memory + ROOM);
}

struct block {
  uint8_t *data;
  size_t size;
  uint8_t pattern;
};

static void verify(const struct block *block) {
  for (size_t i = 0; i < block->size; i++) CHECK(block->data[i] == block->pattern);
}

static size_t random_size(void) { return random_below((uint64_t)16 << random_below(12)); }

// Random operations of a program, with every block's content checked.
static void torture(void) {
  struct heap heap = fresh();
  static struct block blocks[256];
  memset(blocks, 0, sizeof blocks);
  for (int round = 0; round < 200000; round++) {
    struct block *block = &blocks[random_below(256)];
    verify(block);
    size_t size = random_size();
    uint64_t what = random_below(10);
    if (block->data == NULL) {
      block->data = what < 2   ? heap_allocate_aligned(&heap, (size_t)16 << random_below(8), size)
                    : what < 4 ? heap_allocate_zeroed(&heap, size)
                               : heap_allocate(&heap, size);
      CHECK(block->data != NULL && (uintptr_t)block->data % 16 == 0 && heap_usable(&heap, block->data) >= size);
      if (what >= 2 && what < 4) {
        for (size_t i = 0; i < size; i++) CHECK(block->data[i] == 0);
      }
    } else if (what < 5) {
      heap_free(&heap, block->data);
      *block = (struct block){NULL, 0, 0};
      continue;
    } else {
      size_t kept = size < block->size ? size : block->size;
      block->data = heap_resize(&heap, block->data, size);
      CHECK(block->data != NULL);
      block->size = kept;
      verify(block);
    }
    block->size = size;
    block->pattern = (uint8_t)random_number();
    memset(block->data, block->pattern, size);
    if (round % 64 == 0) CHECK(heap_sound(&heap));
  }
  for (int i = 0; i < 256; i++) heap_free(&heap, blocks[i].data);
  CHECK(heap_sound(&heap) && (char *)heap.top == heap.base + 8);
}

int main(void) {
  seed_tests();
  basics();
  zeroed();
  in_place();
  aligned();
  misuse();
  out_of_memory();
  torture();
  printf("heap: ok (seed %lu)\n", test_seed);
}
