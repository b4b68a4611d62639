// Sets of address ranges: a tree, so that 10,000 regions cost no more than their logarithm.
#ifndef COLONY_LINUX_REGIONS_H
#define COLONY_LINUX_REGIONS_H

#include "memory.h"

// Neighbours of one kind are one region.
struct region_kind {
  uint32_t protection;
  bool kernel;
  bool file;  // not anonymous: MADV_DONTNEED must not make it zero
  const char *name;
};

struct region {
  uint64_t start, end;
  struct region_kind kind;
  // The tree is a treap: ordered by address, and a heap by random priorities.
  struct region *left, *right;
  uint32_t priority;
  // The bounds of the subtree, and its largest gap. The gap lets a search for room skip whole subtrees.
  uint64_t low, high, gap;
};

struct regions {
  struct region *root;
};

// Makes room for the nodes that one system call can need. It may take memory, so it comes before any change.
void regions_reserve(void);
// Forgets all nodes: they may lie in earlier memory.
void regions_begin(void);

// Adds a range that is free, and merges it with its neighbours.
void regions_add(struct regions *set, uint64_t start, uint64_t end, const struct region_kind *kind);

// Passes each part within the range to `change`, ascending, cut to the range. `change` may edit the kind.
// The part stays if it returns true.
typedef bool regions_changer(void *context, struct region *region);
void regions_change(struct regions *set, uint64_t start, uint64_t end, regions_changer *change, void *context);

// The first region that ends above `address`, or NULL.
const struct region *regions_above(const struct regions *set, uint64_t address);
bool regions_free(const struct regions *set, uint64_t start, uint64_t end);

// The lowest free range of `length` bytes within the bounds, or 0.
struct span {
  uint64_t start, end;
};
uint64_t regions_room(const struct regions *set, struct span bounds, uint64_t length);

// --- nodes.c ---------------------------------------------------------------------------------------------------------
struct region *region_new(void);
void region_delete(struct region *region);

#endif
