// The program's address space: one range that grows, and in it the regions that are taken.
//
//   base                             end                     limit
//   | stack or image | image | brk | mmap areas ... | free  | GROW gives more |
//
// Everything is readable, writable and executable, because the host's page tables are. A region remembers its
// protection for /proc/self/maps.
#ifndef COLONY_LINUX_MEMORY_H
#define COLONY_LINUX_MEMORY_H

#include "../kernel.h"

#define MEMORY_CALLS(ROW) \
  ROW(mmap) ROW(mprotect) ROW(munmap) ROW(brk) ROW(mremap) ROW(madvise) ROW(msync) ROW(mincore) ROW(mlock) ROW(munlock) \
  ROW(mlockall) ROW(munlockall) ROW(membarrier)

#define DECLARE_CALL_OF_MEMORY(name) system_call sys_##name;
MEMORY_CALLS(DECLARE_CALL_OF_MEMORY)

// Begins with `size` bytes of memory at `base`, all zero and free. `capacity` is the most that `memory_grow` can
// give.
void memory_begin(uint64_t base, uint64_t size, uint64_t capacity);
// Provided by the caller of this room: makes the memory `size` bytes long, a multiple of 4096. Beyond the memory limit it ends
// the call if the memory is needed, and else returns false.
bool memory_grow(uint64_t size, bool needed);

struct memory_bounds {
  uint64_t base, size, capacity;
};
struct memory_bounds memory_bounds(void);

// Takes a region. `address` 0 lets the room choose, at or above `least` (0: anywhere,
// but the room of brk last). Whole pages. Zeroed.
// Returns the address, or -ENOMEM or -EEXIST if a fixed place is taken.
struct memory_request {
  uint64_t address, least, length;
  uint32_t protection;  // PROT_*
  bool kernel;          // the library OS's own: kept by memory_reset, refused to the program
  const char *name;     // for /proc/self/maps: static text, or NULL
};
int64_t memory_take(const struct memory_request *request);
void memory_release(uint64_t address, uint64_t length);

// Keeps the library OS's own memory at or above `end` from now on, because the program is linked to addresses below. Memory that
// the library OS takes before comes from its image.
void memory_keep_low(uint64_t end);

// Sets where brk begins, just after the program.
void memory_set_break(uint64_t address);
// Drops every region of the program: a new one can start.
void memory_reset(void);

// Remembers the mappings of files from now on; then drops the program as memory_reset does, and keeps the places and the
// read-only bytes of those mappings for the next one.
void memory_record(void);
bool memory_is_recording(void);
void memory_keep(void);

// Takes the place where the image of a file lay while mappings were remembered: its read-only segments have their bytes. Returns
// 0 if there is none. `memory_remember` is for the first time.
uint64_t memory_take_kept(const uint8_t *data, uint64_t length, const char *name);
void memory_remember(const uint8_t *data, uint64_t start, uint64_t length);

// Passes each region to `visit`, ascending.
struct memory_region {
  uint64_t start, end;
  uint32_t protection;
  bool kernel;
  const char *name;
};
typedef void memory_visit(void *context, const struct memory_region *region);
void memory_regions(memory_visit *visit, void *context);

#endif
