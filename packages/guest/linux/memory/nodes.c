// Nodes of the trees. The allocator needs regions, so regions cannot come from it: the first ones are static, and more
// come in whole pieces of memory, which are never given back.
#include "regions.h"

enum { FIRST = 128, LEAST_SPARE = 32, PIECE = 64 * 1024 };

static struct region first[FIRST];
static struct {
  struct region *list;  // linked by `left`
  size_t count;
  uint32_t random;
  bool growing;
} spare;

void region_delete(struct region *region) {
  region->left = spare.list;
  spare.list = region;
  spare.count++;
}

// A repeatable sequence is good enough: a program that provokes a deep tree slows only itself down.
static uint32_t next_priority(void) {
  spare.random ^= spare.random << 13;
  spare.random ^= spare.random >> 17;
  spare.random ^= spare.random << 5;
  return spare.random;
}

struct region *region_new(void) {
  struct region *region = spare.list;
  if (region == NULL) kernel_panic("no node is left for a region");
  spare.list = region->left;
  spare.count--;
  *region = (struct region){.priority = next_priority()};
  return region;
}

static void add_nodes(struct region *nodes, size_t count) {
  for (size_t i = 0; i < count; i++) region_delete(&nodes[i]);
}

void regions_begin(void) {
  spare.list = NULL;
  spare.count = 0;
  spare.random = 2463534242;
  spare.growing = false;
  add_nodes(first, FIRST);
}

void regions_reserve(void) {
  if (spare.count >= LEAST_SPARE || spare.growing) return;
  spare.growing = true;
  struct memory_request request = {.length = PIECE, .protection = 3, .kernel = true};
  int64_t address = memory_take(&request);
  spare.growing = false;
  if (address < 0) kernel_panic("no memory is left for regions");
  add_nodes((struct region *)address, PIECE / sizeof(struct region));
}
