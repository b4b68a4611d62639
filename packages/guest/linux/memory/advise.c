// madvise, and the calls that ask about pages or pin them: all memory is present, and nothing is ever swapped out.
#include <asm/errno.h>
#include <linux/mman.h>
#include <linux/membarrier.h>

#include "space.h"

static bool known_advice(uint64_t advice) {
  switch (advice) {
    case MADV_NORMAL ... MADV_DONTNEED:
    case MADV_FREE:
    case MADV_DONTFORK:
    case MADV_DOFORK:
    case MADV_MERGEABLE ... MADV_WIPEONFORK:
    case MADV_KEEPONFORK ... MADV_POPULATE_WRITE: return true;
    default: return false;
  }
}

static void make_zero(uint64_t start, uint64_t end, const struct region *region) {
  if (region->kind.file) return;
  bool accessible = region->kind.protection != 0;
  space_clean(start, end);
  if (accessible) space_touch(start, end);
}

// As Linux, it does what it can, and then reports a hole.
static int64_t discard(const struct span *range) {
  bool hole = false;
  for (uint64_t at = range->start; at < range->end;) {
    const struct region *region = regions_above(&space.taken, at);
    if (region == NULL || region->start >= range->end) return -ENOMEM;
    uint64_t end = region->end < range->end ? region->end : range->end;
    hole |= region->start > at || region->kind.kernel;
    if (!region->kind.kernel) make_zero(region->start > at ? region->start : at, end, region);
    at = end;
  }
  return hole ? -ENOMEM : 0;
}

// Returns 0, or the error for a range that the program does not have as a whole.
static int64_t check_covered(const struct span *range) {
  return space_covered(range->start, range->end) < range->end ? -ENOMEM : 0;
}

static int64_t covered(uint64_t start, uint64_t length, int64_t overflow) {
  struct span range;
  int64_t error = space_range(start, length, overflow, &range);
  return error < 0 ? error : check_covered(&range);
}

SYSTEM_CALL(madvise) {
  struct span range;
  if (!known_advice(a[2])) return -EINVAL;
  int64_t error = space_range(a[0], a[1], -EINVAL, &range);
  if (error < 0) return error;
  regions_reserve();
  return a[2] == MADV_DONTNEED || a[2] == MADV_FREE ? discard(&range) : check_covered(&range);
}

SYSTEM_CALL(msync) {
  uint64_t flags = a[2];
  if ((flags & ~(uint64_t)(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) != 0) return -EINVAL;
  if ((flags & MS_ASYNC) != 0 && (flags & MS_SYNC) != 0) return -EINVAL;
  return covered(a[0], a[1], -ENOMEM);
}

SYSTEM_CALL(mincore) {
  uint64_t pages = page_up(a[1]) / PAGE;
  if (a[0] % PAGE != 0) return -EINVAL;
  if (!user_range(a[0], a[1])) return -ENOMEM;
  if (!user_range(a[2], pages)) return -EFAULT;
  int64_t error = covered(a[0], a[1], -ENOMEM);
  if (error == 0) memset((void *)a[2], 1, pages);
  return error;
}

// mlock takes any address, and locks the pages around it.
static int64_t lock(uint64_t start, uint64_t length) {
  uint64_t first = page_down(start);
  if (start + length < start) return -EINVAL;
  return covered(first, start + length - first, -EINVAL);
}

SYSTEM_CALL(mlock) { return lock(a[0], a[1]); }
SYSTEM_CALL(munlock) { return lock(a[0], a[1]); }
SYSTEM_CALL(mlockall) {
  uint64_t flags = a[0], known = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT;
  return flags == 0 || flags == MCL_ONFAULT || (flags & ~known) != 0 ? -EINVAL : 0;
}
SYSTEM_CALL(munlockall) {
  (void)a;
  return 0;
}

// One processor runs all threads, and a switch between them is a barrier already.
SYSTEM_CALL(membarrier) {
  const uint64_t commands = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |
                            MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED |
                            MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
  if (a[1] != 0) return -EINVAL;
  if (a[0] == MEMBARRIER_CMD_QUERY) return (int64_t)commands;
  bool one = (a[0] & (a[0] - 1)) == 0;
  return one && (a[0] & commands) != 0 ? 0 : -EINVAL;
}
