// Answers of single calls, the allocator, and what a fresh mapping touches.
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "arena.h"
#include "check.h"

enum { RW = PROT_READ | PROT_WRITE, ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS };
static const uint64_t MB = 1 << 20;

static int64_t map(uint64_t address, uint64_t length, uint64_t protection, uint64_t flags) {
  return sys_mmap((const uint64_t[6]){address, length, protection, flags, UINT64_MAX, 0});
}
static int64_t map_file(uint64_t length, uint64_t protection, uint64_t flags, uint64_t offset) {
  return sys_mmap((const uint64_t[6]){0, length, protection, flags, DESCRIPTOR, offset});
}
static int64_t unmap(uint64_t address, uint64_t length) { return sys_munmap((const uint64_t[6]){address, length}); }
static int64_t remap(uint64_t address, uint64_t old, uint64_t new, uint64_t flags, uint64_t to) {
  return sys_mremap((const uint64_t[6]){address, old, new, flags, to});
}
static int64_t advise(uint64_t address, uint64_t length, uint64_t advice) {
  return sys_madvise((const uint64_t[6]){address, length, advice});
}
static int64_t protect(uint64_t address, uint64_t length, uint64_t protection) {
  return sys_mprotect((const uint64_t[6]){address, length, protection});
}
static int64_t move_break(uint64_t address) { return sys_brk((const uint64_t[6]){address}); }

static bool is_filled(uint64_t address, uint64_t length, int byte) {
  const uint8_t *at = (const uint8_t *)address;
  for (uint64_t i = 0; i < length; i++)
    if (at[i] != byte) return false;
  return true;
}

static void errors_of_mmap(void) {
  arena_begin(MB, ARENA);
  CHECK(map(0, 0, RW, ANONYMOUS) == -EINVAL);
  CHECK(map(0, UINT64_MAX, RW, ANONYMOUS) == -ENOMEM && map(0, ARENA + PAGE, RW, ANONYMOUS) == -ENOMEM);
  CHECK(map(0, PAGE, RW, MAP_ANONYMOUS) == -EINVAL);
  CHECK(map(BASE + 1, PAGE, RW, ANONYMOUS | MAP_FIXED) == -EINVAL);
  CHECK(map(0, PAGE, RW, ANONYMOUS | MAP_FIXED) == -ENOMEM);
  CHECK(map(BASE + ARENA, PAGE, RW, ANONYMOUS | MAP_FIXED) == -ENOMEM);
  CHECK(map(-(uint64_t)PAGE, PAGE, RW, ANONYMOUS | MAP_FIXED) == -ENOMEM);
  CHECK(map(BASE, PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE) == BASE);
  CHECK(map(BASE, PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE) == -EEXIST);
  CHECK(map(0, PAGE, RW, MAP_PRIVATE) == -EBADF);
  CHECK(map_file(PAGE, PROT_READ, MAP_PRIVATE, 1) == -EINVAL);
  CHECK(map_file(PAGE, RW, MAP_SHARED, 0) == -ENODEV && map_file(PAGE, PROT_READ, MAP_SHARED, 0) > 0);
  CHECK(map_file(PAGE, PROT_READ, MAP_PRIVATE, UINT64_MAX & ~(uint64_t)(PAGE - 1)) == -EOVERFLOW);
}

// Only large reservations are refused. Small ones are stacks and guards, which programs need.
static void reservations(void) {
  const uint64_t large = (uint64_t)1 << 30;
  arena_begin(MB, 3 * large);
  arena_most = 8 * MB;
  CHECK(map(0, large, PROT_NONE, ANONYMOUS | MAP_NORESERVE) == -ENOMEM);
  CHECK(map(BASE + large, large, PROT_NONE, ANONYMOUS | MAP_FIXED) == -ENOMEM);
  CHECK(map(0, 16 * MB, PROT_NONE, ANONYMOUS | MAP_NORESERVE) > 0);
  CHECK(map(0, 16 * MB, RW, ANONYMOUS) > 0);
  arena_most = UINT64_MAX;
}

static void places_of_mmap(void) {
  arena_begin(32 * MB, ARENA);
  uint64_t hint = BASE + 10 * MB;
  CHECK(map(hint + 5, PAGE, RW, ANONYMOUS) == (int64_t)hint);
  CHECK(map(hint, PAGE, RW, ANONYMOUS) != (int64_t)hint);
  CHECK(map(0, PAGE, RW, ANONYMOUS | MAP_32BIT) > 0);
  // A hint beyond the present memory would make it grow.
  CHECK(map(BASE + 60 * MB, PAGE, RW, ANONYMOUS) < (int64_t)(BASE + 32 * MB) && memory_bounds().size == 32 * MB);
  CHECK(map(0, 40 * MB, PROT_NONE, ANONYMOUS | MAP_NORESERVE | MAP_STACK | MAP_GROWSDOWN) > 0);
  CHECK(memory_bounds().size <= ARENA);
}

static void files(void) {
  arena_begin(MB, ARENA);
  int64_t whole = map_file(8 * PAGE, RW, MAP_PRIVATE, 0), part = map_file(2 * PAGE, PROT_READ, MAP_PRIVATE, 4 * PAGE);
  CHECK(whole > 0 && memcmp((void *)whole, arena_file(), FILE_LENGTH) == 0);
  CHECK(is_filled((uint64_t)whole + FILE_LENGTH, 8 * PAGE - FILE_LENGTH, 0));
  CHECK(part > 0 && memcmp((void *)part, arena_file() + (size_t)4 * PAGE, FILE_LENGTH - 4 * PAGE) == 0);
  CHECK(is_filled((uint64_t)map_file(PAGE, PROT_READ, MAP_PRIVATE, 8 * PAGE), PAGE, 0));
  CHECK(advise((uint64_t)whole, PAGE, MADV_DONTNEED) == 0 && *(uint8_t *)whole != 0);
  uint64_t none = (uint64_t)map_file(PAGE, PROT_NONE, MAP_PRIVATE, 0);
  CHECK(unmap(none, PAGE) == 0 && map(none, PAGE, RW, ANONYMOUS | MAP_FIXED) > 0 && is_filled(none, PAGE, 0));
}

static void fresh_memory_is_not_touched(void) {
  arena_begin(32 * MB, ARENA);
  uint64_t at = (uint64_t)map(0, 16 * MB, RW, ANONYMOUS);
  CHECK(protect(at, MB, PROT_READ) == 0 && arena_touched() == 0);
  uint64_t none = (uint64_t)map(0, 8 * MB, PROT_NONE, ANONYMOUS);
  CHECK(advise(none, 8 * MB, MADV_DONTNEED) == 0 && unmap(none, 8 * MB) == 0);
  CHECK(map(none, 8 * MB, RW, ANONYMOUS | MAP_FIXED) == (int64_t)none && arena_touched() == 0);
  memory_set_break(BASE + PAGE);
  CHECK(move_break(BASE + 4 * MB) == BASE + 4 * MB && arena_touched() == 0);
}

static void used_memory_is_zeroed(void) {
  arena_begin(MB, ARENA);
  uint64_t at = (uint64_t)map(0, 64 * PAGE, RW, ANONYMOUS);
  memset((void *)at, 7, 64 * PAGE);
  CHECK(unmap(at + PAGE, 8 * PAGE) == 0);
  CHECK(map(at + PAGE, 8 * PAGE, RW, ANONYMOUS | MAP_FIXED) > 0 && is_filled(at + PAGE, 8 * PAGE, 0));
  CHECK(is_filled(at + 9 * PAGE, 55 * PAGE, 7));
  CHECK(map(at, 64 * PAGE, RW, ANONYMOUS | MAP_FIXED) > 0 && is_filled(at, 64 * PAGE, 0));
  memset((void *)at, 7, 64 * PAGE);
  memory_reset();
  CHECK(map(0, 64 * PAGE, RW, ANONYMOUS) == (int64_t)at && is_filled(at, 64 * PAGE, 0));
}

static void program_break(void) {
  arena_begin(MB, ARENA);
  memory_set_break(BASE + PAGE);
  CHECK(move_break(0) == BASE + PAGE && move_break(BASE) == BASE + PAGE && move_break(UINT64_MAX) == BASE + PAGE);
  CHECK(move_break(BASE + PAGE + 100) == BASE + PAGE + 100);
  memset((void *)(uint64_t)(BASE + PAGE), 7, 100);
  CHECK(move_break(BASE + PAGE + 10) == BASE + PAGE + 10 && is_filled(BASE + PAGE, 100, 7));
  CHECK(move_break(BASE + PAGE) == BASE + PAGE && move_break(BASE + 2 * PAGE) == BASE + 2 * PAGE);
  CHECK(is_filled(BASE + PAGE, PAGE, 0));
  // A mapping leaves room, and is not overwritten.
  uint64_t other = (uint64_t)map(0, PAGE, RW, ANONYMOUS);
  CHECK(other >= BASE + 2 * PAGE + 4 * MB);
  CHECK(move_break(other) == (int64_t)other && move_break(other + PAGE) == (int64_t)other);
  CHECK(move_break(BASE + ARENA + PAGE) == (int64_t)other);
}

static void errors_of_mremap(void) {
  arena_begin(8 * MB, ARENA);
  uint64_t at = (uint64_t)map(0, 4 * PAGE, RW, ANONYMOUS);
  CHECK(remap(at + 1, PAGE, PAGE, 0, 0) == -EINVAL && remap(at, PAGE, 0, 0, 0) == -EINVAL);
  CHECK(remap(at, PAGE, PAGE, 8, 0) == -EINVAL &&
        remap(at, PAGE, PAGE, MREMAP_DONTUNMAP | MREMAP_MAYMOVE, 0) == -EINVAL);
  CHECK(remap(at, PAGE, PAGE, MREMAP_FIXED, at + MB) == -EINVAL);
  CHECK(remap(at, 2 * PAGE, 2 * PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, at + PAGE) == -EINVAL);
  CHECK(remap(at + MB, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0) == -EFAULT);
  CHECK(remap(at, 5 * PAGE, 6 * PAGE, MREMAP_MAYMOVE, 0) == -EFAULT);
  CHECK(remap(at, PAGE, 2 * PAGE, 0, 0) == -ENOMEM && remap(at, 0, PAGE, MREMAP_MAYMOVE, 0) == -EINVAL);
  CHECK(remap(at, 4 * PAGE, ARENA * 2UL, MREMAP_MAYMOVE, 0) == -ENOMEM);
  CHECK(remap(at, 4 * PAGE, -(uint64_t)PAGE, MREMAP_MAYMOVE, 0) == -ENOMEM);
  CHECK(remap(at, 4 * PAGE, 8 * PAGE, 0, 0) == (int64_t)at);
}

static void errors_of_others(void) {
  arena_begin(8 * MB, ARENA);
  uint64_t at = (uint64_t)map(0, 4 * PAGE, RW, ANONYMOUS);
  CHECK(unmap(at + 1, PAGE) == -EINVAL && unmap(at, 0) == -EINVAL && unmap(at, UINT64_MAX) == -EINVAL);
  CHECK(protect(at + 1, PAGE, RW) == -EINVAL && protect(at, PAGE, 0x100) == -EINVAL && protect(at, 0, RW) == 0);
  CHECK(protect(at, 5 * PAGE, RW) == -ENOMEM && protect(at, UINT64_MAX, RW) == -ENOMEM);
  CHECK(advise(at + 1, PAGE, MADV_DONTNEED) == -EINVAL && advise(at, PAGE, 99) == -EINVAL);
  CHECK(advise(at, 5 * PAGE, MADV_DONTNEED) == -ENOMEM && advise(at, PAGE, MADV_WILLNEED) == 0);
  CHECK(sys_msync((const uint64_t[6]){at, PAGE, MS_SYNC | MS_ASYNC}) == -EINVAL);
  CHECK(sys_msync((const uint64_t[6]){at, 5 * PAGE, MS_SYNC}) == -ENOMEM);
  CHECK(sys_mincore((const uint64_t[6]){at, PAGE, 1}) == -EFAULT);
  CHECK(sys_mincore((const uint64_t[6]){at, 4 * PAGE, at + 1}) == 0 && memcmp((void *)at, "\0\1\1\1\1", 6) == 0);
  CHECK(sys_mlock((const uint64_t[6]){at + 5, PAGE}) == 0 && sys_mlock((const uint64_t[6]){at, 5 * PAGE}) == -ENOMEM);
  CHECK(sys_mlockall((const uint64_t[6]){0}) == -EINVAL && sys_mlockall((const uint64_t[6]){MCL_CURRENT}) == 0);
  CHECK(sys_membarrier((const uint64_t[6]){0}) > 0 && sys_membarrier((const uint64_t[6]){3}) == -EINVAL);
}

static void pointers(void) {
  char text[8];
  arena_begin(MB, ARENA);
  CHECK(user_range(BASE, MB) && user_range(0, 0) && !user_range(BASE, MB + 1) && !user_range(BASE - 1, 1));
  CHECK(!user_range(BASE + MB, 1) && !user_range(UINT64_MAX, 2) && !user_range(BASE, UINT64_MAX));
  memcpy((void *)(uintptr_t)BASE, "seven77", 8);
  CHECK(user_text(BASE, text, 8) == 7 && user_text(BASE, text, 7) == -ENAMETOOLONG);
  memset((void *)(BASE + MB - 4), 'a', 4);
  CHECK(user_text(BASE + MB - 4, text, 8) == -EFAULT && user_text(0, text, 8) == -EFAULT);
}

// The library OS's own memory is out of a program's reach.
static void kernel_memory(void) {
  arena_begin(MB, ARENA);
  CHECK(!user_range((uint64_t)kernel_allocate(100), 1));
  memory_keep_low(BASE + 16 * MB);
  uint64_t *own = kernel_allocate(MB);
  uint64_t page = page_down((uint64_t)own);
  *own = 7;
  CHECK((uint64_t)own >= BASE + 16 * MB);
  CHECK(map(page, PAGE, RW, ANONYMOUS | MAP_FIXED) == -ENOMEM && unmap(page, MB) == 0 && *own == 7);
  CHECK(protect(page, PAGE, RW) == -ENOMEM && advise(page, PAGE, MADV_DONTNEED) == -ENOMEM && *own == 7);
  CHECK(remap(page, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0) == -EFAULT);
  memory_reset();
  CHECK(*own == 7);
  CHECK(kernel_allocate(SIZE_MAX) == NULL && kernel_allocate(SIZE_MAX - 20) == NULL &&
        kernel_allocate(1UL << 40) == NULL);
}

// 20,000 pages, each second one of another kind: 10,000 regions would take minutes if each cost the number of the others.
static void many_regions(void) {
  enum { PAGES = 12000 };
  arena_begin(ARENA, ARENA);
  for (uint64_t i = 0; i < PAGES; i++) {
    uint64_t at = (uint64_t)map(0, PAGE, i % 2 == 0 ? RW : PROT_READ, ANONYMOUS);
    CHECK(at >= BASE && at < BASE + ARENA);
  }
  for (uint64_t i = 0; i < PAGES; i += 3) CHECK(unmap(BASE + ARENA / 8 + i * PAGE, PAGE) == 0);
  for (uint64_t i = 0; i < PAGES; i += 3) CHECK(map(0, PAGE, RW | PROT_EXEC, ANONYMOUS) > 0);
  for (uint64_t i = 0; i < PAGES; i++) protect(BASE + ARENA / 8 + random_below(PAGES) * PAGE, PAGE, PROT_READ);
}

enum { SLOTS = 300 };
static struct slot {
  uint8_t *block;
  size_t size;
  uint8_t byte;
} slots[SLOTS];

static size_t random_size(void) {
  return random_below(20) == 0 ? random_below(100000) : random_below(random_below(3000) + 1);
}

static void check_slot(const struct slot *slot) {
  CHECK((uint64_t)slot->block % 16 == 0 && is_filled((uint64_t)slot->block, slot->size, slot->byte));
}
static void fill_slot(struct slot *slot) {
  slot->byte = (uint8_t)(random_below(255) + 1);
  memset(slot->block, slot->byte, slot->size);
}

static void allocate_slot(struct slot *slot) {
  slot->size = random_size();
  slot->block = kernel_allocate(slot->size);
  CHECK(slot->block != NULL && is_filled((uint64_t)slot->block, slot->size, 0));
  fill_slot(slot);
}
static void resize_slot(struct slot *slot) {
  size_t size = random_size(), kept = size < slot->size ? size : slot->size;
  slot->block = kernel_resize(slot->block, size);
  slot->size = size;
  CHECK(is_filled((uint64_t)slot->block, kept, slot->byte));
  fill_slot(slot);
}

static void allocator(void) {
  arena_begin(MB, ARENA);
  for (int i = 0; i < 20000; i++) {
    struct slot *slot = &slots[random_below(SLOTS)];
    if (slot->block == NULL) {
      allocate_slot(slot);
      continue;
    }
    check_slot(slot);
    if (random_below(2) == 0) {
      resize_slot(slot);
      continue;
    }
    kernel_free(slot->block);
    *slot = (struct slot){0};
  }
  kernel_free(NULL);
  CHECK(memory_bounds().size < ARENA);
}

int main(void) {
  seed_tests();
  errors_of_mmap();
  reservations();
  places_of_mmap();
  files();
  fresh_memory_is_not_touched();
  used_memory_is_zeroed();
  program_break();
  errors_of_mremap();
  errors_of_others();
  pointers();
  kernel_memory();
  many_regions();
  allocator();
  puts("calls: ok");
}
