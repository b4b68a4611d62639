#include "heap.h"

#include <string.h>

struct heap_chunk {
  size_t head;                     // size, and flags in the low bits; 0 or kPreviousFree alone marks the top
  struct heap_chunk *next, *prev;  // neighbours in its list, while free
};

enum { kFree = 1, kPreviousFree = 2, kFlags = 15, kHead = 8, kSmallest = 32, kLinearLists = 16 };
static const size_t kLargest = sizeof(size_t) == 8 ? (size_t)1 << 37 : (size_t)1 << 31;
static const size_t kPage = 4096, kLeastStep = 64 << 10, kMostStep = 4 << 20;

static size_t size_of(const struct heap_chunk *chunk) { return chunk->head & ~(size_t)kFlags; }
static struct heap_chunk *after(const struct heap_chunk *chunk, size_t size) {
  return (struct heap_chunk *)((char *)chunk + size);
}
static void *data_of(struct heap_chunk *chunk) { return (char *)chunk + kHead; }

// Stores a free chunk's size in its last word, so that the next chunk finds its start.
static void set_back_size(struct heap_chunk *chunk) {
  size_t size = size_of(chunk);
  memcpy((char *)chunk + size - sizeof size, &size, sizeof size);
}
static struct heap_chunk *before(const struct heap_chunk *chunk) {
  size_t size;
  memcpy(&size, (const char *)chunk - sizeof size, sizeof size);
  return (struct heap_chunk *)((char *)chunk - size);
}

// Lists: one for each size below 256, then eight for each power of two.
static unsigned list_of(size_t size) {
  if (size < 16 * kLinearLists) return (unsigned)(size / 16);
  unsigned log = 8 * sizeof size - 1 - (unsigned)__builtin_clzl(size);
  return kLinearLists + (log - 8) * 8 + (unsigned)(size >> (log - 3) & 7);
}

static void list_add(struct heap *heap, struct heap_chunk *chunk) {
  unsigned list = list_of(size_of(chunk));
  chunk->prev = NULL;
  chunk->next = heap->lists[list];
  if (chunk->next != NULL) chunk->next->prev = chunk;
  heap->lists[list] = chunk;
  heap->filled[list / 64] |= (uint64_t)1 << list % 64;
}

static void list_remove(struct heap *heap, struct heap_chunk *chunk) {
  unsigned list = list_of(size_of(chunk));
  struct heap_chunk **link = chunk->prev != NULL ? &chunk->prev->next : &heap->lists[list];
  if (*link != chunk || (chunk->next != NULL && chunk->next->prev != chunk))
    heap->corrupt("the list of free blocks is damaged");
  *link = chunk->next;
  if (chunk->next != NULL) chunk->next->prev = chunk->prev;
  if (heap->lists[list] == NULL) heap->filled[list / 64] &= ~((uint64_t)1 << list % 64);
}

// Takes a free chunk of at least `size` from its list; NULL if the search finds no chunk.
static struct heap_chunk *take_free(struct heap *heap, size_t size) {
  unsigned list = list_of(size);
  int tries = 8;  // chunks in its own list may be too small
  for (struct heap_chunk *chunk = heap->lists[list]; chunk != NULL && tries-- > 0; chunk = chunk->next) {
    if (size_of(chunk) >= size) {
      list_remove(heap, chunk);
      return chunk;
    }
  }
  if (++list >= HEAP_LISTS) return NULL;
  uint64_t word = heap->filled[list / 64] & ~(uint64_t)0 << list % 64;
  for (unsigned i = list / 64;;) {
    if (word != 0) {
      struct heap_chunk *chunk = heap->lists[i * 64 + (unsigned)__builtin_ctzll(word)];
      list_remove(heap, chunk);
      return chunk;
    }
    if (++i == HEAP_LISTS / 64) return NULL;
    word = heap->filled[i];
  }
}

// Extends the memory to `need` bytes above the top and somewhat more, so that hypercalls stay few.
static bool reach(struct heap *heap, size_t need) {
  size_t have = (size_t)(heap->end - heap->base);
  size_t wanted;
  if (__builtin_add_overflow((size_t)((char *)heap->top - heap->base), need + kHead, &wanted)) return false;
  if (wanted > SIZE_MAX - kMostStep - kPage) return false;
  if (wanted <= have) return true;
  size_t step = have / 2 < kLeastStep ? kLeastStep : have / 2 > kMostStep ? kMostStep : have / 2;
  size_t generous = (wanted > have + step ? wanted : have + step) + kPage - 1;
  generous -= generous % kPage;
  size_t limit = (size_t)(heap->limit - heap->base);
  size_t exact = wanted + kPage - 1 - (wanted + kPage - 1) % kPage;
  if (generous > limit) generous = exact > limit ? exact : limit;  // beyond the limit the host decides
  return heap->grow(heap, generous);
}

static void start(struct heap *heap) {
  if (heap->top != NULL) return;
  if (heap->end == heap->base && !heap->grow(heap, kLeastStep)) return;
  heap->top = (struct heap_chunk *)(heap->base + kHead);
  heap->top->head = 0;
  heap->high = (char *)heap->top + kHead;
}

static void set_top(struct heap *heap, struct heap_chunk *top) {
  heap->top = top;
  top->head = 0;
  char *used = (char *)top + kHead;
  if (used > heap->high) heap->high = used;
}

static struct heap_chunk *take_top(struct heap *heap, size_t size) {
  if (!reach(heap, size)) return NULL;
  struct heap_chunk *chunk = heap->top;
  set_top(heap, after(chunk, size));
  chunk->head = size;
  return chunk;
}

// Frees the part of a used chunk after its first `size` bytes.
static void release(struct heap *heap, struct heap_chunk *chunk);
static void trim(struct heap *heap, struct heap_chunk *chunk, size_t size) {
  size_t rest = size_of(chunk) - size;
  if (rest < kSmallest) return;
  chunk->head -= rest;
  struct heap_chunk *tail = after(chunk, size);
  tail->head = rest;
  release(heap, tail);
}

static void release(struct heap *heap, struct heap_chunk *chunk) {
  struct heap_chunk *next = after(chunk, size_of(chunk));
  if (chunk->head & kPreviousFree) {
    struct heap_chunk *previous = before(chunk);
    if (size_of(previous) > (size_t)((char *)chunk - heap->base) || !(previous->head & kFree))
      heap->corrupt("a block before a freed block is damaged");
    list_remove(heap, previous);
    previous->head += size_of(chunk);
    chunk->head |= kFree;  // so that a double free is noticed
    chunk = previous;
  }
  if (next == heap->top) {
    set_top(heap, chunk);
    return;
  }
  if (next->head & kFree) {
    list_remove(heap, next);
    chunk->head += size_of(next);
    next = after(chunk, size_of(chunk));
  }
  chunk->head |= kFree;
  next->head |= kPreviousFree;
  set_back_size(chunk);
  list_add(heap, chunk);
}

// Returns the bytes of a chunk for `size` bytes of data, or 0 if the size is impossible.
static size_t chunk_size(size_t size) {
  if (size > kLargest) return 0;
  size_t whole = (size + kHead + 15) & ~(size_t)15;
  return whole < kSmallest ? kSmallest : whole;
}

void *heap_allocate(struct heap *heap, size_t size) {
  size_t need = chunk_size(size);
  start(heap);
  if (need == 0 || heap->top == NULL) return NULL;
  struct heap_chunk *chunk = take_free(heap, need);
  if (chunk == NULL) {
    chunk = take_top(heap, need);
    return chunk == NULL ? NULL : data_of(chunk);
  }
  chunk->head &= ~(size_t)kFree;
  after(chunk, size_of(chunk))->head &= ~(size_t)kPreviousFree;
  trim(heap, chunk, need);
  return data_of(chunk);
}

void *heap_allocate_zeroed(struct heap *heap, size_t size) {
  start(heap);
  char *high = heap->high;
  char *data = heap_allocate(heap, size);
  if (data != NULL && data < high) memset(data, 0, (size_t)(high - data) < size ? (size_t)(high - data) : size);
  return data;
}

// Checks a pointer that the program passes as its own, and returns its chunk.
static struct heap_chunk *checked(struct heap *heap, void *data) {
  struct heap_chunk *chunk = (struct heap_chunk *)((char *)data - kHead);
  uintptr_t at = (uintptr_t)chunk, base = (uintptr_t)heap->base, top = (uintptr_t)heap->top;
  bool inside = at >= base + kHead && at < top && at % 16 == kHead;
  if (!inside || chunk->head & kFree) heap->corrupt("the pointer is not of an allocated block; was it freed already?");
  if (size_of(chunk) < kSmallest || size_of(chunk) > top - at || chunk->head & (kFlags ^ kFree ^ kPreviousFree) ||
      after(chunk, size_of(chunk))->head & kPreviousFree) {
    heap->corrupt("the words before or after a block were overwritten");
  }
  return chunk;
}

void heap_free(struct heap *heap, void *data) {
  if (data != NULL) release(heap, checked(heap, data));
}

size_t heap_usable(struct heap *heap, void *data) { return data == NULL ? 0 : size_of(checked(heap, data)) - kHead; }

// Grows a used chunk without moving it.
static bool extend(struct heap *heap, struct heap_chunk *chunk, size_t need) {
  size_t size = size_of(chunk);
  struct heap_chunk *next = after(chunk, size);
  if (next == heap->top) {
    if (!reach(heap, need - size)) return false;
    chunk->head += need - size;
    set_top(heap, after(chunk, need));
    return true;
  }
  if (!(next->head & kFree) || size + size_of(next) < need) return false;
  list_remove(heap, next);
  chunk->head += size_of(next);
  after(chunk, size_of(chunk))->head &= ~(size_t)kPreviousFree;
  trim(heap, chunk, need);
  return true;
}

void *heap_resize(struct heap *heap, void *data, size_t size) {
  if (data == NULL) return heap_allocate(heap, size);
  struct heap_chunk *chunk = checked(heap, data);
  size_t need = chunk_size(size), have = size_of(chunk);
  if (need == 0) return NULL;
  if (need <= have) {
    trim(heap, chunk, need);
    return data;
  }
  if (extend(heap, chunk, need)) return data;
  void *moved = heap_allocate(heap, size);
  if (moved == NULL) return NULL;
  memcpy(moved, data, have - kHead);
  heap_free(heap, data);
  return moved;
}

void *heap_allocate_aligned(struct heap *heap, size_t alignment, size_t size) {
  if (alignment <= 16) return heap_allocate(heap, size);
  size_t padded;
  if (alignment > kLargest || __builtin_add_overflow(size, alignment + kSmallest, &padded)) return NULL;
  char *data = heap_allocate(heap, padded);
  if (data == NULL) return NULL;
  struct heap_chunk *chunk = (struct heap_chunk *)(data - kHead);
  if ((uintptr_t)data % alignment != 0) {
    // The part before the aligned address becomes a separate chunk, and is freed.
    uintptr_t aligned = ((uintptr_t)data + kSmallest + alignment - 1) & ~(alignment - 1);
    size_t lead = aligned - (uintptr_t)data;
    struct heap_chunk *rest = after(chunk, lead);
    rest->head = size_of(chunk) - lead;
    chunk->head -= rest->head;
    release(heap, chunk);
    chunk = rest;
  }
  trim(heap, chunk, chunk_size(size));
  return data_of(chunk);
}

bool heap_sound(const struct heap *heap) {
  if (heap->top == NULL) return true;
  size_t free_chunks = 0;
  bool previous_free = false;
  const struct heap_chunk *chunk = (const struct heap_chunk *)(heap->base + kHead);
  while (chunk != heap->top) {
    size_t size = size_of(chunk);
    bool is_free = chunk->head & kFree;
    if (size < kSmallest || (char *)chunk + size > (char *)heap->top) return false;
    if (!!(chunk->head & kPreviousFree) != previous_free || (is_free && previous_free)) return false;
    if (is_free && before(after(chunk, size)) != chunk) return false;
    free_chunks += is_free;
    previous_free = is_free;
    chunk = after(chunk, size);
  }
  for (unsigned list = 0; list < HEAP_LISTS; list++) {
    if (!!(heap->filled[list / 64] >> list % 64 & 1) != (heap->lists[list] != NULL)) return false;
    for (chunk = heap->lists[list]; chunk != NULL; chunk = chunk->next) {
      if (list_of(size_of(chunk)) != list || !(chunk->head & kFree)) return false;
      free_chunks--;
    }
  }
  return free_chunks == 0 && !previous_free && heap->high <= heap->end;
}
