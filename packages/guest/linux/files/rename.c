// rename in its forms. The order of checks is that of Linux's do_renameat2 and vfs_rename.
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

#include "change.h"

struct renaming {
  struct walk from, to;
  struct node *source, *target;  // no target: NULL
  uint32_t flags;
};

static int64_t check_flags(uint32_t flags) {
  if ((flags & ~(uint32_t)(RENAME_NOREPLACE | RENAME_EXCHANGE)) != 0) return -EINVAL;
  return flags == (RENAME_NOREPLACE | RENAME_EXCHANGE) ? -EINVAL : 0;
}

static int64_t find_parents(struct renaming *each, const uint64_t from[2], const uint64_t to[2]) {
  int64_t error = walk_user(&each->from, from[0], from[1], false);
  if (error == 0) error = walk_parent(&each->from);
  if (error == 0) error = walk_user(&each->to, to[0], to[1], false);
  if (error == 0) error = walk_parent(&each->to);
  return error;
}

static int64_t check_parents(const struct renaming *each) {
  if (each->from.at->store != each->to.at->store) return -EXDEV;
  if (each->from.kind != LAST_NAME) return -EBUSY;
  bool replaces = (each->flags & RENAME_NOREPLACE) == 0;
  if (each->to.kind != LAST_NAME) return replaces ? -EBUSY : -EEXIST;
  int64_t refused = store_refuses_change(each->from.at);
  return refused < 0 ? refused : store_refuses_change(each->to.at);
}

static int64_t find_target(struct renaming *each) {
  int64_t error = existing(&each->to, &each->target);
  if (error == -ENOENT && (each->flags & RENAME_EXCHANGE) == 0 && !each->to.at->directory.removed) error = 0;
  if (error < 0) return error;
  return each->target != NULL && (each->flags & RENAME_NOREPLACE) != 0 ? -EEXIST : 0;
}

// Slashes may follow directories only.
static int64_t check_slashes(const struct renaming *each) {
  bool exchanges = (each->flags & RENAME_EXCHANGE) != 0;
  if (exchanges && !is_directory(each->target) && each->to.slash) return -ENOTDIR;
  if (is_directory(each->source)) return 0;
  return each->from.slash || (!exchanges && each->to.slash) ? -ENOTDIR : 0;
}

static bool lies_in(const struct node *node, const struct node *directory) {
  while (node != NULL && node != directory) node = node->parent;
  return node == directory;
}

// A directory cannot come to lie in itself.
static int64_t check_circles(const struct renaming *each) {
  if (lies_in(each->to.at, each->source)) return -EINVAL;
  if (each->target == NULL || !lies_in(each->from.at, each->target)) return 0;
  return (each->flags & RENAME_EXCHANGE) != 0 ? -EINVAL : -ENOTEMPTY;
}

static int64_t check_target(const struct renaming *each) {
  if ((each->flags & RENAME_EXCHANGE) != 0) return 0;
  if (is_directory(each->source) && !is_directory(each->target)) return -ENOTDIR;
  if (!is_directory(each->source) && is_directory(each->target)) return -EISDIR;
  return is_directory(each->target) && !directory_is_empty(&each->target->directory) ? -ENOTEMPTY : 0;
}

static int64_t check(struct renaming *each) {
  int64_t error = check_slashes(each);
  if (error == 0) error = check_circles(each);
  if (error == 0 && each->source == each->target) return 0;
  if (error == 0) error = check_removal(each->from.at, each->source);
  if (error < 0 || each->target == NULL) return error == 0 ? store_refuses_name(each->to.at, each->to.last) : error;
  error = check_removal(each->to.at, each->target);
  return error < 0 ? error : check_target(each);
}

// files_changed reports the new paths.
static void mark_below(struct node *top) {
  struct tour tour = tour_of(top);
  top->call = current_call;
  for (const struct entry *entry; (entry = tour_step(&tour)) != NULL;) entry->node->call = current_call;
}

static void finish(const struct renaming *each, struct node *node) {
  mark_below(node);
  node_changed(node);
  node_modified(each->from.at);
  node_modified(each->to.at);
}

static void replace(struct renaming *each) {
  struct node *node = node_hold(each->source);
  if (each->target != NULL) {
    each->target->directory.removed = is_directory(each->target);
    node_changed(each->target);
    node_unlink(each->to.at, entry_of(&each->to));
  }
  node_unlink(each->from.at, entry_of(&each->from));
  (void)node_link(each->to.at, each->to.last, node);
  finish(each, node);
  node_release(node);
}

static void exchange(struct renaming *each) {
  struct node *source = node_hold(each->source);
  struct node *target = node_hold(each->target);
  node_unlink(each->from.at, entry_of(&each->from));
  node_unlink(each->to.at, entry_of(&each->to));
  (void)node_link(each->to.at, each->to.last, source);
  (void)node_link(each->from.at, each->from.last, target);
  finish(each, source);
  finish(each, target);
  node_release(source);
  node_release(target);
}

static int64_t rename_at(const uint64_t from[2], const uint64_t to[2], uint32_t flags) {
  struct renaming each = {.flags = flags};
  int64_t error = check_flags(flags);
  if (error == 0) error = find_parents(&each, from, to);
  if (error == 0) error = check_parents(&each);
  if (error == 0) error = existing(&each.from, &each.source);
  if (error == 0) error = find_target(&each);
  if (error == 0) error = check(&each);
  if (error < 0 || each.source == each.target) return error;
  if ((flags & RENAME_EXCHANGE) != 0) exchange(&each);
  else replace(&each);
  return 0;
}

SYSTEM_CALL(rename) {
  return rename_at((uint64_t[]){(uint64_t)AT_FDCWD, a[0]}, (uint64_t[]){(uint64_t)AT_FDCWD, a[1]}, 0);
}
SYSTEM_CALL(renameat) { return rename_at(a, a + 2, 0); }
SYSTEM_CALL(renameat2) { return rename_at(a, a + 2, (uint32_t)a[4]); }
