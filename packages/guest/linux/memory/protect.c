// mprotect. It records protections, and enforces none: the host's page tables make everything accessible, and a library
// OS that changes them comes with a later part. A program that relies on a fault of a guard page does not get one yet.
#include <asm/errno.h>
#include <linux/mman.h>

#include "kept.h"

enum { PROTECTIONS = PROT_READ | PROT_WRITE | PROT_EXEC };
static const uint64_t KNOWN = PROTECTIONS | PROT_SEM;

static bool set_protection(void *context, struct region *region) {
  region->kind.protection = *(const uint32_t *)context;
  return true;
}

static void protect(uint64_t start, uint64_t end, uint32_t protection) {
  regions_change(&space.taken, start, end, set_protection, &protection);
  if ((protection & PROT_WRITE) != 0) kept_spoil(start, end);
  if (protection != 0) space_touch(start, end);
}

// As Linux, it changes what lies before a hole, and then fails.
SYSTEM_CALL(mprotect) {
  struct span range;
  int64_t error = space_range(a[0], a[1], -ENOMEM, &range);
  if (error < 0) return error;
  if ((a[2] & ~KNOWN) != 0) return -EINVAL;
  regions_reserve();
  uint64_t end = space_covered(range.start, range.end);
  if (end > range.start) protect(range.start, end, (uint32_t)(a[2] & PROTECTIONS));
  return end < range.end ? -ENOMEM : 0;
}
