// mkdir, rmdir, unlink, symlink and link, each in its forms. The order of errors is Linux's.
#include "change.h"

#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "attributes.h"
#include "descriptor.h"

struct entry *entry_of(const struct walk *walk) { return directory_entry(&walk->at->directory, walk->last); }

static int64_t look_up_last(struct walk *walk, struct node **node) {
  *node = NULL;
  int64_t error = directory_find(walk->at, walk->last, node);
  return error == -ENOENT && !walk->at->directory.removed ? 0 : error;
}

int64_t place_for_new(struct walk *walk, bool directory) {
  struct node *node = NULL;
  int64_t error = walk_parent(walk);
  if (error < 0) return error;
  if (walk->kind != LAST_NAME) return -EEXIST;
  error = look_up_last(walk, &node);
  if (error < 0) return error;
  if (node != NULL) return -EEXIST;
  if (walk->slash && !directory) return -ENOENT;
  return store_refuses_name(walk->at, walk->last);
}

int64_t existing(struct walk *walk, struct node **node) {
  int64_t error = look_up_last(walk, node);
  return error == 0 && *node == NULL ? -ENOENT : error;
}

int64_t check_removal(struct node *directory, const struct node *node) {
  int64_t error = store_refuses_change(directory);
  return error == 0 && node->store != directory->store ? -EBUSY : error;
}

static int64_t add(struct walk *walk, struct node *node) {
  node_inherit(node, walk->at);
  int64_t error = node_link(walk->at, walk->last, node);
  if (error == 0) node_modified(walk->at);
  return error;
}

static int64_t make_directory(uint64_t from, uint64_t path, uint64_t mode) {
  struct walk walk;
  int64_t error = walk_user(&walk, from, path, false);
  if (error == 0) error = place_for_new(&walk, true);
  if (error < 0) return error;
  uint32_t permissions = (uint32_t)mode & 01777 & ~current_mask();
  return add(&walk, node_new(&kDirectory, STORE_MEMORY, S_IFDIR | permissions));
}

SYSTEM_CALL(mkdir) { return make_directory((uint64_t)AT_FDCWD, a[0], a[1]); }
SYSTEM_CALL(mkdirat) { return make_directory(a[0], a[1], a[2]); }

static int64_t make_link(uint64_t target, uint64_t from, uint64_t path) {
  struct walk walk;
  char text[LONGEST_PATH];
  int64_t error = user_text(target, text, sizeof text);
  if (error == 0) error = -ENOENT;
  if (error > 0) error = walk_user(&walk, from, path, false);
  if (error == 0) error = place_for_new(&walk, false);
  return error < 0 ? error : add(&walk, node_new_link(STORE_MEMORY, text));
}

SYSTEM_CALL(symlink) { return make_link(a[0], (uint64_t)AT_FDCWD, a[1]); }
SYSTEM_CALL(symlinkat) { return make_link(a[0], a[1], a[2]); }

static void remove_name(struct walk *walk, struct node *node) {
  node->directory.removed = is_directory(node);
  node_changed(node);
  node_modified(walk->at);
  node_unlink(walk->at, entry_of(walk));
}

static int64_t remove_file(struct walk *walk) {
  struct node *node = NULL;
  int64_t error = walk_parent(walk);
  if (error < 0) return error;
  if (walk->kind != LAST_NAME) return -EISDIR;
  error = existing(walk, &node);
  if (error < 0) return error;
  if (walk->slash) return is_directory(node) ? -EISDIR : -ENOTDIR;
  error = check_removal(walk->at, node);
  if (error < 0) return error;
  if (is_directory(node)) return -EISDIR;
  remove_name(walk, node);
  return 0;
}

static int64_t refuse_dots(const struct walk *walk) {
  switch (walk->kind) {
    case LAST_DOT: return -EINVAL;
    case LAST_DOT_DOT: return -ENOTEMPTY;
    case LAST_ROOT: return -EBUSY;
    default: return 0;
  }
}

static int64_t remove_directory(struct walk *walk) {
  struct node *node = NULL;
  int64_t error = walk_parent(walk);
  if (error == 0) error = refuse_dots(walk);
  if (error == 0) error = existing(walk, &node);
  if (error == 0) error = check_removal(walk->at, node);
  if (error != 0) return error;
  if (!is_directory(node)) return -ENOTDIR;
  if (!directory_is_empty(&node->directory)) return -ENOTEMPTY;
  remove_name(walk, node);
  return 0;
}

static int64_t remove_at(uint64_t from, uint64_t path, bool directory) {
  struct walk walk;
  int64_t error = walk_user(&walk, from, path, false);
  if (error < 0) return error;
  return directory ? remove_directory(&walk) : remove_file(&walk);
}

SYSTEM_CALL(unlink) { return remove_at((uint64_t)AT_FDCWD, a[0], false); }
SYSTEM_CALL(rmdir) { return remove_at((uint64_t)AT_FDCWD, a[0], true); }
SYSTEM_CALL(unlinkat) {
  uint32_t flags = (uint32_t)a[2];
  return (flags & ~(uint32_t)AT_REMOVEDIR) != 0 ? -EINVAL : remove_at(a[0], a[1], flags != 0);
}

static int64_t check_link(const struct walk *walk, const struct node *node) {
  if (node->store != walk->at->store) return -EXDEV;
  if (is_directory(node)) return -EPERM;
  return node->links == 0 && !node->nameable ? -ENOENT : 0;
}

static int64_t link_at(const uint64_t old[2], const uint64_t new[2], uint32_t flags) {
  struct walk walk;
  struct node *node = NULL;
  if ((flags & ~(uint32_t)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) != 0) return -EINVAL;
  uint32_t follow = (flags & AT_SYMLINK_FOLLOW) != 0 ? 0 : AT_SYMLINK_NOFOLLOW;
  int64_t error = path_user(old[0], old[1], follow | (flags & AT_EMPTY_PATH), &node);
  if (error == 0) error = walk_user(&walk, new[0], new[1], false);
  if (error == 0) error = place_for_new(&walk, false);
  if (error == 0) error = check_link(&walk, node);
  if (error == 0) error = node_link(walk.at, walk.last, node);
  if (error != 0) return error;
  node->call = current_call;
  node_changed(node);
  node_modified(walk.at);
  return 0;
}

SYSTEM_CALL(link) { return link_at((uint64_t[]){(uint64_t)AT_FDCWD, a[0]}, (uint64_t[]){(uint64_t)AT_FDCWD, a[1]}, 0); }
SYSTEM_CALL(linkat) { return link_at(a, a + 2, (uint32_t)a[4]); }
