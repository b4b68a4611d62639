#include "regions.h"

static uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

// Restores what a node knows about its subtree.
static void update(struct region *node) {
  const struct region *left = node->left, *right = node->right;
  node->low = left != NULL ? left->low : node->start;
  node->high = right != NULL ? right->high : node->end;
  node->gap = 0;
  if (left != NULL) node->gap = most(left->gap, node->start - left->high);
  if (right != NULL) node->gap = most(node->gap, most(right->gap, right->low - node->end));
}

// All of `left` lies below all of `right`.
static struct region *join(struct region *left, struct region *right) {
  if (left == NULL) return right;
  if (right == NULL) return left;
  struct region *root = left->priority > right->priority ? left : right;
  if (root == left) left->right = join(left->right, right);
  else right->left = join(left, right->left);
  update(root);
  return root;
}

struct halves {
  struct region *below, *above;
};

// No region may reach across the address.
static struct halves split(struct region *node, uint64_t address) {
  if (node == NULL) return (struct halves){NULL, NULL};
  struct halves halves;
  if (node->start >= address) {
    halves = split(node->left, address);
    node->left = halves.above;
    halves.above = node;
  } else {
    halves = split(node->right, address);
    node->right = halves.below;
    halves.below = node;
  }
  update(node);
  return halves;
}

static struct region *above(const struct regions *set, uint64_t address) {
  struct region *best = NULL;
  for (struct region *node = set->root; node != NULL;) {
    bool is_above = node->end > address;
    if (is_above) best = node;
    node = is_above ? node->left : node->right;
  }
  return best;
}

static struct region *upper_part(const struct region *node, uint64_t address) {
  struct region *upper = region_new();
  upper->start = address;
  upper->end = node->end;
  upper->kind = node->kind;
  update(upper);
  return upper;
}

// Cuts the region that reaches across the address, if one does. Both parts join the tree again, each with its own
// priority, which keeps the tree flat.
static void cut(struct regions *set, uint64_t address) {
  struct region *across = above(set, address);
  if (across == NULL || across->start >= address) return;
  struct halves at_end = split(set->root, across->end), at_start = split(at_end.below, across->start);
  struct region *upper = upper_part(across, address);
  across->end = address;
  update(across);
  set->root = join(join(at_start.below, across), join(upper, at_end.above));
}

static bool same_kind(const struct region *a, const struct region *b) {
  const struct region_kind *x = &a->kind, *y = &b->kind;
  return x->protection == y->protection && x->kernel == y->kernel && x->file == y->file && x->name == y->name;
}

// Takes the last node of a tree into `node` if they are one region. Returns the rest of the tree.
static struct region *absorb_below(struct region *tree, struct region *node) {
  struct region *last = tree;
  while (last != NULL && last->right != NULL) last = last->right;
  if (last == NULL || last->end != node->start || !same_kind(last, node)) return tree;
  struct halves halves = split(tree, last->start);
  node->start = last->start;
  region_delete(last);
  return halves.below;
}

static struct region *absorb_above(struct region *tree, struct region *node) {
  struct region *first = tree;
  while (first != NULL && first->left != NULL) first = first->left;
  if (first == NULL || first->start != node->end || !same_kind(first, node)) return tree;
  struct halves halves = split(tree, first->end);
  node->end = first->end;
  region_delete(first);
  return halves.above;
}

static void put(struct regions *set, struct region *node) {
  struct halves halves = split(set->root, node->start);
  struct region *below = absorb_below(halves.below, node), *above = absorb_above(halves.above, node);
  node->left = node->right = NULL;
  update(node);
  set->root = join(join(below, node), above);
}

void regions_add(struct regions *set, uint64_t start, uint64_t end, const struct region_kind *kind) {
  if (start == end) return;
  struct region *node = region_new();
  node->start = start;
  node->end = end;
  node->kind = *kind;
  put(set, node);
}

struct pass {
  struct regions *set;
  regions_changer *change;
  void *context;
};

static void change_each(const struct pass *pass, struct region *node) {
  if (node == NULL) return;
  struct region *right = node->right;
  change_each(pass, node->left);
  if (pass->change(pass->context, node)) put(pass->set, node);
  else region_delete(node);
  change_each(pass, right);
}

void regions_change(struct regions *set, uint64_t start, uint64_t end, regions_changer *change, void *context) {
  cut(set, start);
  cut(set, end);
  struct halves at_start = split(set->root, start), at_end = split(at_start.above, end);
  set->root = join(at_start.below, at_end.above);
  change_each(&(struct pass){set, change, context}, at_end.below);
}

const struct region *regions_above(const struct regions *set, uint64_t address) { return above(set, address); }

bool regions_free(const struct regions *set, uint64_t start, uint64_t end) {
  const struct region *next = regions_above(set, start);
  return next == NULL || next->start >= end;
}

// The lowest address from `least` on with `length` bytes in the gap, or 0.
static uint64_t in_gap(struct span gap, uint64_t least, uint64_t length) {
  uint64_t start = most(gap.start, least);
  return gap.end >= start && gap.end - start >= length ? start : 0;
}

static uint64_t room_inside(const struct region *node, uint64_t least, uint64_t length) {
  if (node == NULL || node->gap < length || node->high <= least) return 0;
  const struct region *left = node->left, *right = node->right;
  uint64_t address = room_inside(left, least, length);
  if (address == 0 && left != NULL) address = in_gap((struct span){left->high, node->start}, least, length);
  if (address == 0 && right != NULL) address = in_gap((struct span){node->end, right->low}, least, length);
  return address != 0 ? address : room_inside(right, least, length);
}

uint64_t regions_room(const struct regions *set, struct span bounds, uint64_t length) {
  const struct region *root = set->root;
  if (root == NULL) return in_gap(bounds, bounds.start, length);
  struct span before = {bounds.start, most(bounds.start, root->low)}, after = {root->high, bounds.end};
  uint64_t address = in_gap(before, bounds.start, length);
  if (address == 0) address = room_inside(root, bounds.start, length);
  if (address == 0) address = in_gap(after, bounds.start, length);
  return address != 0 && address + length <= bounds.end ? address : 0;
}
