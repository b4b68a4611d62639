// The address space itself, which the files of this room share.
#ifndef COLONY_LINUX_SPACE_H
#define COLONY_LINUX_SPACE_H

#include "regions.h"

struct space {
  uint64_t base, size, capacity;
  struct regions taken;
  // Memory that was ever accessible: it may hold bytes. All other memory is known to be zero, and a range of it is taken
  // without a touch, because each touched page costs the host one.
  struct regions touched;
  uint64_t break_start, break_end;
  uint64_t kernel_least;  // where the library OS's own memory begins
  bool reserves;          // growth is for addresses that the program may never use, so it may be refused
};
extern struct space space;

static inline uint64_t space_limit(void) { return space.base + space.capacity; }

// The lowest free range of at least `least` that ends at most at `most`. Grows the memory if the present one has none
// and `capacity` allows it. Returns 0 if nothing is free.
uint64_t space_find(uint64_t least, uint64_t most, uint64_t length);
// The same for a mapping of the program: the room of brk is used only if nothing else is left.
uint64_t space_find_mapping(uint64_t most, uint64_t length);
// True if the range lies in the memory's capacity; grows the memory to hold it. A reservation may be refused.
bool space_reach(uint64_t start, uint64_t length);

// Adds a free range, and makes its bytes zero.
void space_add(uint64_t start, uint64_t end, const struct region_kind *kind);
// Drops what the program has in the range. The library OS's own regions stay.
void space_drop(uint64_t start, uint64_t end);
// Makes bytes zero: only those that may not be.
void space_clean(uint64_t start, uint64_t end);
// Makes all free memory zero now, so that nothing of it has to be made zero later.
void space_sweep(void);
// Remembers that the range may hold bytes.
void space_touch(uint64_t start, uint64_t end);

// The program's region at an address, or NULL.
const struct region *space_region(uint64_t address);
// The first address from `start` on that is not the program's, at most `end`.
uint64_t space_covered(uint64_t start, uint64_t end);
// The library OS has a region in the range.
bool space_has_kernel(uint64_t start, uint64_t end);

// A range of a system call: the start must be on a page's boundary, and the length is made whole pages. Returns 0, EINVAL or
// the error for a range that ends beyond all addresses.
int64_t space_range(uint64_t start, uint64_t length, int64_t overflow, struct span *range);

// Forgets all blocks of the library OS's allocator.
void allocate_begin(void);
// From now on, blocks come from memory.
void allocate_from_memory(void);

#endif
