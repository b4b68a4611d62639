// brk: the memory just after the program, which grows while the next region is far enough away.
#include <linux/mman.h>

#include "space.h"

static bool grow(uint64_t from, uint64_t to) {
  struct memory_request request = {
      .address = from, .length = to - from, .protection = PROT_READ | PROT_WRITE, .name = "[heap]"};
  return memory_take(&request) >= 0;
}

static bool resize(uint64_t from, uint64_t to) {
  if (to > from) return grow(from, to);
  space_drop(to, from);
  return true;
}

// Like Linux, it returns the old end if it cannot move it.
SYSTEM_CALL(brk) {
  regions_reserve();
  bool valid = a[0] >= space.break_start && page_up(a[0]) >= a[0];
  if (valid && resize(page_up(space.break_end), page_up(a[0]))) space.break_end = a[0];
  return (int64_t)space.break_end;
}
