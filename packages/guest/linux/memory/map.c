// mmap and munmap. A file's mapping is a private copy of its bytes.
#include <asm/errno.h>
#include <linux/mman.h>

#include "../files/files.h"
#include "kept.h"

struct mapping {
  uint64_t hint, length, protection, flags;
  bool file;
  struct bytes content;  // of the file, from the mapping's offset on
};

enum { PROTECTIONS = PROT_READ | PROT_WRITE | PROT_EXEC };
static const uint64_t LARGE_RESERVATION = (uint64_t)1 << 30;
static const uint64_t END_OF_32_BIT = (uint64_t)1 << 31;  // as Linux has it

static bool has(const struct mapping *mapping, uint64_t flag) { return (mapping->flags & flag) != 0; }
static bool fixed(const struct mapping *mapping) { return has(mapping, MAP_FIXED | MAP_FIXED_NOREPLACE); }

static int64_t check_kind(const struct mapping *mapping) {
  uint64_t type = mapping->flags & MAP_TYPE;
  if (type != MAP_PRIVATE && type != MAP_SHARED && type != MAP_SHARED_VALIDATE) return -EINVAL;
  // Changes would have to reach the file.
  if (mapping->file && type != MAP_PRIVATE && (mapping->protection & PROT_WRITE) != 0) return -ENODEV;
  return has(mapping, MAP_HUGETLB) ? -ENOMEM : 0;
}

static struct bytes from_offset(struct bytes content, uint64_t offset) {
  if (offset >= content.length) return (struct bytes){NULL, 0};
  return (struct bytes){content.data + offset, content.length - offset};
}

static int64_t open_content(struct mapping *mapping, uint64_t descriptor, uint64_t offset) {
  if (!mapping->file) return 0;
  if (offset + page_up(mapping->length) < offset) return -EOVERFLOW;
  int64_t error = files_mapped(descriptor, &mapping->content);
  mapping->content = from_offset(mapping->content, offset);
  return error;
}

// A program gets neither a range of the library OS nor one that the memory can never reach.
static int64_t fixed_place(const struct mapping *mapping) {
  uint64_t start = mapping->hint, end = start + mapping->length;
  if (start % PAGE != 0) return -EINVAL;
  if (end < start || !space_reach(start, mapping->length) || space_has_kernel(start, end)) return -ENOMEM;
  if (has(mapping, MAP_FIXED_NOREPLACE) && !regions_free(&space.taken, start, end)) return -EEXIST;
  space_drop(start, end);
  return (int64_t)start;
}

// A hint is followed if that needs no growth: a far one would make all memory below it count.
static bool hint_is_good(const struct mapping *mapping) {
  uint64_t start = page_down(mapping->hint);
  return start != 0 && user_range(start, mapping->length) && regions_free(&space.taken, start, start + mapping->length);
}

static int64_t free_place(const struct mapping *mapping) {
  if (hint_is_good(mapping)) return (int64_t)page_down(mapping->hint);
  uint64_t most = has(mapping, MAP_32BIT) ? END_OF_32_BIT : UINT64_MAX;
  uint64_t address = space_find_mapping(most, mapping->length);
  return address != 0 ? (int64_t)address : -ENOMEM;
}

static void fill(uint64_t address, const struct mapping *mapping) {
  const struct bytes *content = &mapping->content;
  uint64_t length = content->length < mapping->length ? content->length : mapping->length;
  if (length == 0) return;
  memcpy((void *)address, content->data, length);
  space_touch(address, address + page_up(length));
}

static struct region_kind kind_of(const struct mapping *mapping) {
  return (struct region_kind){.protection = (uint32_t)(mapping->protection & PROTECTIONS), .file = mapping->file};
}

// Loaders ask for a library by this flag, which Linux ignores. The first mapping reserves the whole place with the first
// piece, and fixed ones replace all of the rest.
static bool is_loaders(const struct mapping *mapping) {
  return mapping->file && has(mapping, MAP_DENYWRITE) && (mapping->protection & PROT_WRITE) == 0;
}

static void remember(uint64_t address, const struct mapping *mapping) {
  if (!is_loaders(mapping)) return;
  if (!fixed(mapping)) kept_add(mapping->content.data, address, mapping->length);
  kept_add_piece(mapping->content.data, address, mapping->length);
}

static int64_t map_anew(const struct mapping *mapping) {
  int64_t address = fixed(mapping) ? fixed_place(mapping) : free_place(mapping);
  if (address < 0) return address;
  const struct region_kind kind = kind_of(mapping);
  kept_spoil((uint64_t)address, (uint64_t)address + mapping->length);
  space_add((uint64_t)address, (uint64_t)address + mapping->length, &kind);
  fill((uint64_t)address, mapping);
  remember((uint64_t)address, mapping);
  return address;
}

static bool set_protection(void *context, struct region *region) {
  region->kind.protection = *(const uint32_t *)context;
  return true;
}

static int64_t keep_piece(const struct mapping *mapping) {
  uint32_t protection = kind_of(mapping).protection;
  regions_change(&space.taken, mapping->hint, mapping->hint + mapping->length, set_protection, &protection);
  return (int64_t)mapping->hint;
}

static int64_t map(const struct mapping *mapping) {
  const struct region_kind kind = kind_of(mapping);
  uint64_t kept = is_loaders(mapping) && !fixed(mapping) ? kept_take(mapping->content.data, mapping->length, &kind) : 0;
  if (kept != 0) return (int64_t)kept;
  if (is_loaders(mapping) && fixed(mapping) && kept_has_piece(mapping->content.data, mapping->hint, mapping->length))
    return keep_piece(mapping);
  return map_anew(mapping);
}

SYSTEM_CALL(mmap) {
  struct mapping mapping = {.hint = a[0], .length = a[1], .protection = a[2], .flags = a[3]};
  mapping.file = !has(&mapping, MAP_ANONYMOUS);
  if (a[5] % PAGE != 0) return -EINVAL;
  int64_t error = open_content(&mapping, a[4], a[5]);
  if (error < 0) return error;
  if (mapping.length == 0) return -EINVAL;
  mapping.length = page_up(mapping.length);
  if (mapping.length == 0) return -ENOMEM;
  error = check_kind(&mapping);
  if (error < 0) return error;
  regions_reserve();
  // Programs try reservations that are far larger than what they use, and go on with less.
  space.reserves = mapping.protection == PROT_NONE && mapping.length >= LARGE_RESERVATION;
  int64_t address = map(&mapping);
  space.reserves = false;
  return address;
}

SYSTEM_CALL(munmap) {
  struct span range;
  int64_t error = space_range(a[0], a[1], -EINVAL, &range);
  if (error < 0) return error;
  if (range.start == range.end) return -EINVAL;
  regions_reserve();
  kept_forget(range.start, range.end);
  space_drop(range.start, range.end);
  return 0;
}
