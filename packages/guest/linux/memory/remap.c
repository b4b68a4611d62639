// mremap: in place if it can, else by a copy.
#include <asm/errno.h>
#include <linux/mman.h>

#include "space.h"

struct move {
  struct span from, to;  // `to` begins at 0 until its place is known
  struct region_kind kind;
};

static uint64_t length_of(struct span span) { return span.end - span.start; }

static int64_t check(const uint64_t a[6]) {
  uint64_t flags = a[3];
  // MREMAP_DONTUNMAP is for userfaultfd, which does not exist here.
  if ((flags & ~(uint64_t)(MREMAP_MAYMOVE | MREMAP_FIXED)) != 0) return -EINVAL;
  if ((flags & MREMAP_FIXED) != 0 && ((flags & MREMAP_MAYMOVE) == 0 || a[4] % PAGE != 0)) return -EINVAL;
  return a[0] % PAGE != 0 || page_up(a[2]) == 0 ? -EINVAL : 0;
}

static int64_t shrink(const struct span *from, uint64_t length) {
  space_drop(from->start + length, from->end);
  return (int64_t)from->start;
}

static bool grow_in_place(const struct move *move) {
  uint64_t start = move->from.end, length = length_of(move->to) - length_of(move->from);
  if (start + length < start || !regions_free(&space.taken, start, start + length)) return false;
  // At the end of the memory a move would need even more of it.
  if (!space_reach(start, length)) return false;
  space_add(start, start + length, &move->kind);
  return true;
}

static int64_t relocate(const struct move *move, uint64_t address) {
  uint64_t old = length_of(move->from), length = length_of(move->to);
  space_add(address, address + length, &move->kind);
  memcpy((void *)address, (const void *)move->from.start, old < length ? old : length);
  space_touch(address, address + length);
  space_drop(move->from.start, move->from.end);
  return (int64_t)address;
}

static int64_t move_anywhere(const struct move *move) {
  uint64_t address = space_find_mapping(UINT64_MAX, length_of(move->to));
  return address != 0 ? relocate(move, address) : -ENOMEM;
}

static int64_t move_to(const struct move *move, uint64_t address) {
  uint64_t end = address + length_of(move->to);
  if (end < address || (address < move->from.end && move->from.start < end)) return -EINVAL;
  if (!space_reach(address, end - address) || space_has_kernel(address, end)) return -ENOMEM;
  space_drop(address, end);
  return relocate(move, address);
}

static int64_t resize(const struct move *move, uint64_t flags, uint64_t address) {
  if ((flags & MREMAP_FIXED) != 0) return move_to(move, address);
  if (grow_in_place(move)) return (int64_t)move->from.start;
  return (flags & MREMAP_MAYMOVE) != 0 ? move_anywhere(move) : -ENOMEM;
}

// A length of 0 duplicates a shared mapping in Linux. All mappings are private here.
static int64_t prepare(const uint64_t a[6], struct move *move) {
  int64_t error = space_range(a[0], a[1], -EFAULT, &move->from);
  if (error < 0) return error;
  const struct region *region = space_region(a[0]);
  if (region == NULL) return -EFAULT;
  move->kind = region->kind;
  move->to = (struct span){0, page_up(a[2])};
  return move->from.start == move->from.end ? -EINVAL : 0;
}

SYSTEM_CALL(mremap) {
  struct move move;
  int64_t error = check(a);
  if (error == 0) error = prepare(a, &move);
  if (error < 0) return error;
  regions_reserve();
  uint64_t length = length_of(move.to);
  if ((a[3] & MREMAP_FIXED) == 0 && length <= length_of(move.from)) return shrink(&move.from, length);
  if (space_region(a[0])->end < move.from.end) return -EFAULT;
  return resize(&move, a[3], a[4]);
}
