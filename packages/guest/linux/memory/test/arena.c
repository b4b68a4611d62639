#define _GNU_SOURCE
#include "arena.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static uint64_t accessible, limit;

static _Noreturn void stop(const char *message) {
  fprintf(stderr, "%s\n", message);
  abort();
}

void arena_begin(uint64_t size, uint64_t capacity) {
  void *at = (void *)(uintptr_t)BASE;
  if (limit != 0) munmap(at, ARENA);
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE;
  if (mmap(at, ARENA, PROT_NONE, flags, -1, 0) != at) stop("the arena's place is taken");
  madvise(at, ARENA, MADV_NOHUGEPAGE);
  mprotect(at, size, PROT_READ | PROT_WRITE);
  accessible = size;
  limit = capacity;
  memory_begin(BASE, size, capacity);
}

uint64_t arena_most = UINT64_MAX;

bool memory_grow(uint64_t size, bool needed) {
  if (size > arena_most && !needed) return false;
  if (size % PAGE != 0 || size <= accessible || size > limit) stop("memory_grow: invalid size");
  mprotect((void *)(uintptr_t)BASE, size, PROT_READ | PROT_WRITE);
  accessible = size;
  return true;
}

uint64_t arena_touched(void) {
  static unsigned char present[ARENA / PAGE];
  uint64_t count = 0;
  mincore((void *)(uintptr_t)BASE, ARENA, present);
  for (size_t i = 0; i < ARENA / PAGE; i++) count += present[i] & 1;
  return count;
}

const uint8_t *arena_file(void) {
  static uint8_t content[FILE_LENGTH];
  for (size_t i = 0; i < FILE_LENGTH; i++) content[i] = (uint8_t)(i / 64 % 255 + 1);
  return content;
}

int64_t files_mapped(uint64_t descriptor, struct bytes *content) {
  if (descriptor != DESCRIPTOR) return -EBADF;
  *content = (struct bytes){arena_file(), FILE_LENGTH};
  return 0;
}

_Noreturn void kernel_panic(const char *message) { stop(message); }
