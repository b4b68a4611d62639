// The library OS's own allocator: free lists of a few sizes, cut from pieces of memory; large blocks are regions.
#include <linux/mman.h>

#include "space.h"

// Sizes with their heads: 32, 48, 64, 96, 128, 192 ... 32768.
enum { CLASSES = 21, SMALLEST = 32, LARGEST = 32 * 1024, PIECE = 256 * 1024, LARGE = CLASSES };

struct chunk {
  uint64_t rank;         // or LARGE
  uint64_t size;         // with the head
  struct chunk *next[];  // while it is free: the first bytes of what a user gets
};

static struct {
  struct chunk *free[CLASSES];
  uint64_t piece, end;  // what is left of the last piece: never used, so it is zero
} heap;

// Blocks that are allocated before the program is known come from here, because its place in memory must stay free.
enum { EARLY = 512 * 1024 };
static uint8_t early[EARLY] __attribute__((aligned(16)));
static bool is_early;

void allocate_begin(void) {
  memset(&heap, 0, sizeof heap);
  heap.piece = (uint64_t)early;
  heap.end = heap.piece + EARLY;
  is_early = true;
}

void allocate_from_memory(void) { is_early = false; }

static uint64_t size_of_rank(uint64_t rank) {
  uint64_t power = (uint64_t)SMALLEST << rank / 2;
  return rank % 2 == 0 ? power : power + power / 2;
}

static uint64_t rank_of(uint64_t size) {
  uint64_t rank = 0;
  while (size_of_rank(rank) < size) rank++;
  return rank;
}

static uint64_t take(uint64_t length) {
  struct memory_request request = {.length = length, .protection = PROT_READ | PROT_WRITE, .kernel = true};
  int64_t address = memory_take(&request);
  return address < 0 ? 0 : (uint64_t)address;
}

static struct chunk *chunk_at(uint64_t address, uint64_t rank, uint64_t size) {
  struct chunk *chunk = (struct chunk *)address;
  chunk->rank = rank;
  chunk->size = size;
  return chunk;
}

static void *block_of(struct chunk *chunk) { return chunk + 1; }

static void put(struct chunk *chunk) {
  chunk->next[0] = heap.free[chunk->rank];
  heap.free[chunk->rank] = chunk;
}

// The rest of a piece goes to the lists, largest blocks first.
static void spend_piece(void) {
  for (uint64_t rank = CLASSES; rank-- > 0;) {
    uint64_t size = size_of_rank(rank);
    for (; heap.end - heap.piece >= size; heap.piece += size) put(chunk_at(heap.piece, rank, size));
  }
}

static bool refill(uint64_t size) {
  if (heap.end - heap.piece >= size) return true;
  uint64_t piece = take(PIECE);
  if (piece == 0) return false;
  spend_piece();
  heap.piece = piece;
  heap.end = piece + PIECE;
  return true;
}

static void *from_piece(uint64_t rank) {
  uint64_t size = size_of_rank(rank);
  if (!refill(size)) return NULL;
  uint64_t address = heap.piece;
  heap.piece += size;
  return block_of(chunk_at(address, rank, size));
}

static void *small(uint64_t size) {
  uint64_t rank = rank_of(size);
  struct chunk *chunk = heap.free[rank];
  if (chunk == NULL) return from_piece(rank);
  heap.free[rank] = chunk->next[0];
  memset(block_of(chunk), 0, chunk->size - sizeof *chunk);
  return block_of(chunk);
}

// True while large blocks have room in the image as well. They are not given back.
static bool fits_early(uint64_t size) { return is_early && heap.end - heap.piece >= page_up(size); }

static void *early_chunk(uint64_t size) {
  struct chunk *chunk = chunk_at(heap.piece, LARGE, page_up(size));
  heap.piece += chunk->size;
  return block_of(chunk);
}

static void *large(uint64_t size) {
  if (fits_early(size)) return early_chunk(size);
  uint64_t length = page_up(size), address = take(length);
  return address == 0 ? NULL : block_of(chunk_at(address, LARGE, length));
}

void *kernel_allocate(size_t size) {
  uint64_t whole = size + sizeof(struct chunk);
  if (whole > space.capacity || whole < size) return NULL;
  return whole <= LARGEST ? small(whole) : large(whole);
}

// A damaged head must not lead outside of the lists.
static struct chunk *chunk_of(void *block) {
  struct chunk *chunk = (struct chunk *)block - 1;
  bool valid = chunk->rank == LARGE || (chunk->rank < CLASSES && chunk->size == size_of_rank(chunk->rank));
  if (!valid) kernel_panic("a block of the library OS is damaged");
  return chunk;
}

void kernel_free(void *block) {
  if (block == NULL) return;
  struct chunk *chunk = chunk_of(block);
  if (chunk->rank == LARGE) memory_release((uint64_t)chunk, chunk->size);
  else put(chunk);
}

void *kernel_resize(void *block, size_t size) {
  if (block == NULL) return kernel_allocate(size);
  uint64_t room = chunk_of(block)->size - sizeof(struct chunk);
  if (size <= room && size >= room / 4) return block;
  void *copy = kernel_allocate(size);
  if (copy == NULL) return NULL;
  memcpy(copy, block, size < room ? size : room);
  kernel_free(block);
  return copy;
}
