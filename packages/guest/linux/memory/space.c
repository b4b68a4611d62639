#include "kept.h"

#include <asm/errno.h>

enum { LEAST_GROWTH = 1 << 20, MOST_BREAK_ROOM = 4 << 20 };

struct space space;

static uint64_t least_of(uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint64_t most_of(uint64_t a, uint64_t b) { return a > b ? a : b; }

void memory_begin(uint64_t base, uint64_t size, uint64_t capacity) {
  space = (struct space){
      .base = base, .size = size, .capacity = capacity, .break_start = base, .break_end = base, .kernel_least = base};
  regions_begin();
  kept_begin();
  allocate_begin();
}

struct memory_bounds memory_bounds(void) { return (struct memory_bounds){space.base, space.size, space.capacity}; }

bool user_range(uint64_t address, uint64_t length) {
  if (length == 0) return true;
  return address >= space.base && length <= space.size && address - space.base <= space.size - length;
}

int64_t user_text(uint64_t address, char *to, size_t room) {
  for (size_t i = 0; i < room; i++) {
    if (!user_range(address + i, 1)) return -EFAULT;
    to[i] = ((const char *)address)[i];
    if (to[i] == 0) return (int64_t)i;
  }
  return -ENAMETOOLONG;
}

// Growing in steps saves hypercalls.
static bool grow_to(uint64_t size) {
  uint64_t step = least_of(space.size + LEAST_GROWTH, space.capacity);
  uint64_t target = most_of(size, step);
  if (!memory_grow(target, !space.reserves)) return false;
  space.size = target;
  return true;
}

bool space_reach(uint64_t start, uint64_t length) {
  if (start < space.base || length > space.capacity || start - space.base > space.capacity - length) return false;
  uint64_t needed = start - space.base + length;
  return needed <= space.size || grow_to(needed);
}

static uint64_t find_beyond(uint64_t least, uint64_t most, uint64_t length) {
  const struct region *root = space.taken.root;
  uint64_t start = most_of(least, root != NULL ? root->high : space.base);
  if (start > most || most - start < length) return 0;
  return space_reach(start, length) ? start : 0;
}

static uint64_t find_present(uint64_t least, uint64_t most, uint64_t length) {
  uint64_t end = least_of(space.base + space.size, most);
  if (least > end) return 0;
  return regions_room(&space.taken, (struct span){least, end}, length);
}

uint64_t space_find(uint64_t least, uint64_t most, uint64_t length) {
  uint64_t start = most_of(least, space.base);
  uint64_t address = find_present(start, most, length);
  return address != 0 ? address : find_beyond(start, most, length);
}

// Small memories keep less room, because a mapping may need it more.
static uint64_t break_room_end(void) {
  return page_up(space.break_end) + least_of(MOST_BREAK_ROOM, page_down(space.capacity / 8));
}

uint64_t space_find_mapping(uint64_t most, uint64_t length) {
  uint64_t address = space_find(break_room_end(), most, length);
  return address != 0 ? address : space_find(space.base, most, length);
}

static bool clean_part(void *context, struct region *region) {
  (void)context;
  memset((void *)region->start, 0, region->end - region->start);
  return false;
}

void space_clean(uint64_t start, uint64_t end) { regions_change(&space.touched, start, end, clean_part, NULL); }

static bool is_zero(const uint64_t *words) {
  for (size_t i = 0; i < PAGE / sizeof *words; i++) {
    if (words[i] != 0) return false;
  }
  return true;
}

// Reads before it writes, because a page that stays zero costs a snapshot nothing.
static bool sweep_part(void *context, struct region *region) {
  (void)context;
  for (uint64_t page = region->start; page < region->end; page += PAGE) {
    if (!is_zero((const uint64_t *)page)) memset((void *)page, 0, PAGE);
  }
  return false;
}

void space_sweep(void) {
  uint64_t start = space.base;
  const struct region *region;
  while ((region = regions_above(&space.taken, start)) != NULL) {
    if (region->start > start) regions_change(&space.touched, start, region->start, sweep_part, NULL);
    start = region->end;
  }
  regions_change(&space.touched, start, UINT64_MAX, sweep_part, NULL);
}

static bool forget_part(void *context, struct region *region) {
  (void)context;
  (void)region;
  return false;
}

void space_touch(uint64_t start, uint64_t end) {
  regions_change(&space.touched, start, end, forget_part, NULL);
  regions_add(&space.touched, start, end, &(struct region_kind){0});
}

// Memory without access stays clean: a program that writes it nevertheless may see its own bytes again.
void space_add(uint64_t start, uint64_t end, const struct region_kind *kind) {
  space_clean(start, end);
  if (kind->protection != 0) space_touch(start, end);
  regions_add(&space.taken, start, end, kind);
}

static bool keep_if_kernel(void *context, struct region *region) {
  (void)context;
  return region->kind.kernel;
}

static bool keep_if_program(void *context, struct region *region) {
  (void)context;
  return !region->kind.kernel;
}

void space_drop(uint64_t start, uint64_t end) { regions_change(&space.taken, start, end, keep_if_kernel, NULL); }

const struct region *space_region(uint64_t address) {
  const struct region *region = regions_above(&space.taken, address);
  return region != NULL && region->start <= address && !region->kind.kernel ? region : NULL;
}

uint64_t space_covered(uint64_t start, uint64_t end) {
  while (start < end) {
    const struct region *region = space_region(start);
    if (region == NULL) break;
    start = region->end;
  }
  return least_of(start, end);
}

bool space_has_kernel(uint64_t start, uint64_t end) {
  const struct region *region = regions_above(&space.taken, start);
  while (region != NULL && region->start < end && !region->kind.kernel)
    region = regions_above(&space.taken, region->end);
  return region != NULL && region->start < end;
}

int64_t space_range(uint64_t start, uint64_t length, int64_t overflow, struct span *range) {
  if (start % PAGE != 0) return -EINVAL;
  uint64_t whole = page_up(length);
  if (whole < length || start + whole < start) return overflow;
  *range = (struct span){start, start + whole};
  return 0;
}

void memory_keep_low(uint64_t end) {
  space.kernel_least = end;
  allocate_from_memory();
}

static uint64_t kernel_least(void) { return most_of(space.kernel_least, break_room_end()); }

// Beyond the capacity the host ends the call, so this returns only for absurd lengths.
static uint64_t find_for_kernel(uint64_t length) {
  uint64_t address = space_find(kernel_least(), UINT64_MAX, length);
  if (address == 0) address = space_find(space.base, UINT64_MAX, length);
  if (address == 0 && length <= space.capacity) (void)memory_grow(space.capacity + length, true);
  return address;
}

static int64_t take_fixed(const struct memory_request *request, uint64_t length) {
  if (!space_reach(request->address, length)) return -ENOMEM;
  return regions_free(&space.taken, request->address, request->address + length) ? (int64_t)request->address : -EEXIST;
}

static uint64_t choose_free(const struct memory_request *request, uint64_t length) {
  if (request->kernel) return find_for_kernel(length);
  return request->least != 0 ? space_find(request->least, UINT64_MAX, length) : space_find_mapping(UINT64_MAX, length);
}

static int64_t choose(const struct memory_request *request, uint64_t length) {
  if (request->address != 0) return take_fixed(request, length);
  uint64_t address = choose_free(request, length);
  return address != 0 ? (int64_t)address : -ENOMEM;
}

int64_t memory_take(const struct memory_request *request) {
  uint64_t length = page_up(request->length);
  if (length < request->length || length == 0) return -ENOMEM;
  regions_reserve();
  int64_t address = choose(request, length);
  if (address < 0) return address;
  struct region_kind kind = {.protection = request->protection, .kernel = request->kernel, .name = request->name};
  space_add((uint64_t)address, (uint64_t)address + length, &kind);
  return address;
}

void memory_release(uint64_t address, uint64_t length) {
  regions_reserve();
  const struct region *region = regions_above(&space.taken, address);
  bool kernel = region != NULL && region->start <= address && region->kind.kernel;
  regions_change(&space.taken, address, address + page_up(length), kernel ? keep_if_program : keep_if_kernel, NULL);
}

void memory_set_break(uint64_t address) { space.break_start = space.break_end = address; }

void memory_reset(void) {
  regions_reserve();
  space_drop(0, UINT64_MAX);
  memory_set_break(space.base);
}

// Each step searches again, because `visit` may take memory of the library OS.
void memory_regions(memory_visit *visit, void *context) {
  const struct region *region = regions_above(&space.taken, 0);
  while (region != NULL) {
    const struct region_kind *kind = &region->kind;
    struct memory_region copy = {region->start, region->end, kind->protection, kind->kernel, kind->name};
    visit(context, &copy);
    region = regions_above(&space.taken, copy.end);
  }
}
