// Random calls, beside a simple model with one record for each page, and beside Linux itself at other addresses.
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "check.h"

// Calls act on few pages, so that they meet. The program's break and mappings without an address lie elsewhere.
enum { PAGES = ARENA / PAGE, PLAY = 3 << 20, PLAY_PAGES = 96, BREAK = 1 << 20, BREAK_PAGES = 64, STEPS = 40000 };
enum { RW = PROT_READ | PROT_WRITE };
// Linux chooses no address near this one by itself, so holes stay holes.
static const uint64_t MIRROR = 0x200000000000;

struct page {
  bool taken, file;
  int protection;
  uint32_t mapping;  // Linux may keep neighbours apart that were mapped apart
  uint64_t tag;      // the page's content: repeated, or 0
};
static struct page pages[PAGES];
static uint32_t mappings;
static int file;

static uint64_t address_of(uint64_t page) { return BASE + page * PAGE; }
static uint64_t page_of(uint64_t address) { return (address - BASE) / PAGE; }
static void *mirror(uint64_t address) { return (void *)(address + MIRROR); }

static void write_page(void *to, uint64_t tag) {
  for (size_t i = 0; i < PAGE / sizeof tag; i++) ((uint64_t *)to)[i] = tag;
}
static bool page_is(const void *at, uint64_t tag) {
  for (size_t i = 0; i < PAGE / sizeof tag; i++)
    if (((const uint64_t *)at)[i] != tag) return false;
  return true;
}

static int64_t result_of(int64_t result) { return result == -1 ? -errno : result; }
static int64_t moved(const void *result) {
  return result == MAP_FAILED ? -errno : (int64_t)((uint64_t)result - MIRROR);
}

struct area {
  uint64_t first, count;
};
static struct area random_area(void) {
  uint64_t first = random_below(PLAY_PAGES), count = random_below(random_below(4) == 0 ? PLAY_PAGES - first : 6) + 1;
  if (count > PLAY_PAGES - first) count = PLAY_PAGES - first;
  return (struct area){page_of(BASE + PLAY) + first, count};
}
static uint64_t start_of(struct area area) { return address_of(area.first); }
static uint64_t length_of(struct area area) { return area.count * PAGE; }

static struct page *at(struct area area, uint64_t i) { return &pages[area.first + i]; }
static bool has_file(struct area area) {
  for (uint64_t i = 0; i < area.count; i++)
    if (at(area, i)->file) return true;
  return false;
}

static int random_protection(void) {
  const int choices[] = {RW, RW, RW, PROT_READ, PROT_NONE, RW | PROT_EXEC};
  return choices[random_below(6)];
}

static void set_pages(struct area area, struct page page) {
  for (uint64_t i = 0; i < area.count; i++) *at(area, i) = page;
}

// --- the calls -------------------------------------------------------------------------------------------------------
static void map_somewhere(void) {
  int protection = random_protection();
  uint64_t length = (random_below(20) + 1) * PAGE;
  int64_t result = sys_mmap((const uint64_t[6]){0, length, (uint64_t)protection, MAP_PRIVATE | MAP_ANONYMOUS});
  CHECK(result > 0);
  struct area area = {page_of((uint64_t)result), length / PAGE};
  for (uint64_t i = 0; i < area.count; i++) CHECK(!at(area, i)->taken);
  set_pages(area, (struct page){.taken = true, .protection = protection, .mapping = ++mappings});
  CHECK(mmap(mirror((uint64_t)result), length, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
        MAP_FAILED);
}

static void map_fixed(void) {
  struct area area = random_area();
  int protection = random_protection(), flags = MAP_PRIVATE | MAP_ANONYMOUS;
  flags |= random_below(2) == 0 ? MAP_FIXED : MAP_FIXED_NOREPLACE;
  int64_t result =
      sys_mmap((const uint64_t[6]){start_of(area), length_of(area), (uint64_t)protection, (uint64_t)flags});
  CHECK(result == moved(mmap(mirror(start_of(area)), length_of(area), protection, flags, -1, 0)));
  if (result > 0) set_pages(area, (struct page){.taken = true, .protection = protection, .mapping = ++mappings});
}

static void map_the_file(void) {
  struct area area = random_area();
  if (area.count > FILE_LENGTH / PAGE) area.count = FILE_LENGTH / PAGE;
  int64_t result =
      sys_mmap((const uint64_t[6]){start_of(area), length_of(area), RW, MAP_PRIVATE | MAP_FIXED, DESCRIPTOR, 0});
  CHECK(result == moved(mmap(mirror(start_of(area)), length_of(area), RW, MAP_PRIVATE | MAP_FIXED, file, 0)));
  CHECK(memcmp((void *)start_of(area), mirror(start_of(area)), length_of(area)) == 0);
  set_pages(area, (struct page){.taken = true, .file = true, .protection = RW, .mapping = ++mappings, .tag = 1});
  for (uint64_t i = 0; i < area.count; i++) {
    write_page((void *)(start_of(area) + i * PAGE), 1);
    write_page(mirror(start_of(area) + i * PAGE), 1);
  }
}

static void unmap(void) {
  struct area area = random_area();
  int64_t result = sys_munmap((const uint64_t[6]){start_of(area), length_of(area)});
  CHECK(result == result_of(munmap(mirror(start_of(area)), length_of(area))));
  set_pages(area, (struct page){0});
}

static void protect(void) {
  struct area area = random_area();
  int protection = random_protection();
  int64_t result = sys_mprotect((const uint64_t[6]){start_of(area), length_of(area), (uint64_t)protection});
  CHECK(result == result_of(mprotect(mirror(start_of(area)), length_of(area), protection)));
  struct page last = {0};
  for (uint64_t i = 0; i < area.count && at(area, i)->taken; i++) {
    struct page *page = at(area, i), old = *page;
    if (old.mapping != last.mapping || old.protection != last.protection) mappings++;
    page->mapping = mappings;
    page->protection = protection;
    last = old;
  }
}

static void discard(void) {
  struct area area = random_area();
  // Linux gives back the file's own bytes.
  if (has_file(area)) return;
  uint64_t advice = random_below(2) == 0 ? MADV_DONTNEED : MADV_FREE;
  int64_t result = sys_madvise((const uint64_t[6]){start_of(area), length_of(area), advice});
  // Linux may zero freed pages later.
  CHECK(result == result_of(madvise(mirror(start_of(area)), length_of(area), MADV_DONTNEED)));
  for (uint64_t i = 0; i < area.count; i++) at(area, i)->tag = 0;
}

static void ask(void) {
  struct area area = random_area();
  unsigned char present[PLAY_PAGES];
  int64_t synced = sys_msync((const uint64_t[6]){start_of(area), length_of(area), MS_ASYNC});
  CHECK(synced == result_of(msync(mirror(start_of(area)), length_of(area), MS_ASYNC)));
  int64_t advised = sys_madvise((const uint64_t[6]){start_of(area), length_of(area), MADV_NORMAL});
  CHECK(advised == result_of(madvise(mirror(start_of(area)), length_of(area), MADV_NORMAL)));
  int64_t asked = mincore(mirror(start_of(area)), length_of(area), present);
  CHECK((synced == 0) == (asked == 0));
}

// Cuts an area to the pages that Linux surely has as one mapping.
static struct area one_mapping(struct area area) {
  uint64_t count = 0;
  const struct page *first = at(area, 0);
  while (count < area.count && at(area, count)->taken && at(area, count)->mapping == first->mapping &&
         at(area, count)->protection == first->protection)
    count++;
  return (struct area){area.first, count};
}

static void move_pages(struct area from, struct area to) {
  static struct page copies[PAGES];
  struct page fresh = *at(from, 0);
  fresh.tag = 0;
  memcpy(copies, at(from, 0), from.count * sizeof fresh);
  set_pages(from, (struct page){0});
  set_pages(to, fresh);
  memcpy(at(to, 0), copies, (from.count < to.count ? from.count : to.count) * sizeof fresh);
  // A mapping has one part, at one place: a part that stayed is another.
  mappings++;
  for (uint64_t i = 0; i < to.count; i++) at(to, i)->mapping = mappings;
}

static void check_move(struct area from, uint64_t length, uint64_t flags, uint64_t to, int64_t result) {
  bool elsewhere = result > 0 && (uint64_t)result != start_of(from);
  if (elsewhere && to == 0) flags |= MREMAP_FIXED, to = (uint64_t)result;
  void *linux_result = mremap(mirror(start_of(from)), length_of(from), length, (int)flags, mirror(to));
  CHECK(result == moved(linux_result));
  if (result > 0) move_pages(from, (struct area){page_of((uint64_t)result), length / PAGE});
}

static void move(void) {
  struct area from = one_mapping(random_area()), to = random_area();
  // A file's mapping that grows shows more of the file in Linux.
  if (from.count == 0 || has_file(from)) return;
  uint64_t kind = random_below(3), length = length_of(to), flags = kind == 0 ? 0 : MREMAP_MAYMOVE;
  uint64_t place = kind == 2 ? start_of(to) : 0;
  if (kind == 2) flags |= MREMAP_FIXED;
  int64_t result = sys_mremap((const uint64_t[6]){start_of(from), length_of(from), length, flags, place});
  check_move(from, length, flags, place, result);
}

static void move_break(void) {
  static uint64_t end = BASE + BREAK;
  uint64_t wanted = BASE + BREAK + random_below(BREAK_PAGES * PAGE), old = page_up(end);
  CHECK(sys_brk((const uint64_t[6]){wanted}) == (int64_t)wanted);
  end = wanted;
  uint64_t low = page_up(end) < old ? page_up(end) : old, high = page_up(end) < old ? old : page_up(end);
  struct area changed = {page_of(low), (high - low) / PAGE};
  bool grows = high > old;
  set_pages(changed, grows ? (struct page){.taken = true, .protection = RW} : (struct page){0});
  if (grows) CHECK(mmap(mirror(low), high - low, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
  else munmap(mirror(low), high - low);
}

// --- contents --------------------------------------------------------------------------------------------------------
static void write_some(void) {
  for (int i = 0; i < 10; i++) {
    uint64_t number = page_of(BASE + (random_below(2) == 0 ? PLAY : BREAK)) + random_below(PLAY_PAGES);
    struct page *page = &pages[number];
    if (!page->taken || (page->protection & PROT_WRITE) == 0) continue;
    page->tag = random_number() | 1;
    write_page((void *)address_of(number), page->tag);
    write_page(mirror(address_of(number)), page->tag);
  }
}

static void check_page(uint64_t number) {
  const struct page *page = &pages[number];
  if (!page->taken) return;
  CHECK(page_is((const void *)address_of(number), page->tag));
  if ((page->protection & PROT_READ) != 0) CHECK(page_is(mirror(address_of(number)), page->tag));
}

static void check_region(void *context, const struct memory_region *region) {
  uint64_t *last = context;
  CHECK(region->start >= *last && region->end > region->start);
  for (uint64_t i = page_of(*last); i < page_of(region->start); i++) CHECK(!pages[i].taken);
  for (uint64_t i = page_of(region->start); i < page_of(region->end); i++)
    CHECK(region->kernel ? !pages[i].taken : pages[i].taken && pages[i].protection == (int)region->protection);
  *last = region->end;
}

static void check_all(void) {
  uint64_t last = BASE;  // the end of the region before
  memory_regions(check_region, &last);
  for (uint64_t i = page_of(last); i < PAGES; i++) CHECK(!pages[i].taken);
  for (uint64_t i = 0; i < PAGES; i++) check_page(i);
}

// Mappings without an address are given back now and then, because they would fill the memory.
static void unmap_the_rest(void) {
  struct area rest = {page_of(BASE + PLAY) + PLAY_PAGES, PAGES - page_of(BASE + PLAY) - PLAY_PAGES};
  CHECK(sys_munmap((const uint64_t[6]){start_of(rest), length_of(rest)}) == 0);
  CHECK(munmap(mirror(start_of(rest)), length_of(rest)) == 0);
  set_pages(rest, (struct page){0});
}

static void step(void) {
  static void (*const calls[])(void) = {map_somewhere, map_fixed, map_the_file, unmap, protect,    discard, ask,
                                        move,          map_fixed, unmap,        move,  move_break, move,    protect};
  calls[random_below(sizeof calls / sizeof calls[0])]();
  write_some();
  // The library OS's own memory grows in between.
  if (random_below(50) == 0) kernel_allocate(random_below(20000));
}

int main(void) {
  seed_tests();
  arena_begin(1 << 20, ARENA);
  memory_set_break(BASE + BREAK);
  file = memfd_create("file", 0);
  CHECK(write(file, arena_file(), FILE_LENGTH) == FILE_LENGTH);
  for (int i = 0; i < STEPS; i++) {
    step();
    if (i % 50 == 0) check_all();
    if (i % 300 == 0) unmap_the_rest();
  }
  check_all();
  puts("random: ok");
}
