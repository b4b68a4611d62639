// open, openat, creat, close.
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "attributes.h"
#include "descriptor.h"
#include "path.h"
#include "remote.h"

struct opening {
  uint32_t flags, mode;
  bool created;
};

enum { TEMPORARY = __O_TMPFILE, OPEN_ONLY = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC };

static bool wants_write(uint32_t flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0; }

static struct node *new_file(struct node *directory, struct name name, uint32_t mode) {
  const struct entry *entry = directory_entry(&directory->directory, name);
  bool remote = directory->mount != NULL || (entry != NULL && entry->mount != NULL);
  if (remote) return remote_new_file(directory, name, S_IFREG | mode);
  return node_new(&kRegular, STORE_MEMORY, S_IFREG | mode);
}

static int64_t create(const struct walk *walk, struct opening *opening, struct node **node) {
  int64_t error = store_refuses_file(walk->at, walk->last);
  if (error < 0) return error;
  *node = new_file(walk->at, walk->last, opening->mode & 07777 & ~current_mask());
  if (*node == NULL) return -ENAMETOOLONG;
  node_inherit(*node, walk->at);
  error = node_link(walk->at, walk->last, *node);
  if (error < 0) return error;
  node_modified(walk->at);
  (*node)->call = current_call;
  opening->created = true;
  return 0;
}

// A file without a name, which goes when it is closed, unless linkat names it.
static int64_t create_temporary(struct node *directory, const struct opening *opening, struct node **node) {
  if (!is_directory(directory)) return -ENOTDIR;
  if (directory->mount != NULL || directory->store == STORE_PROC) return -EOPNOTSUPP;
  *node = node_new(&kRegular, STORE_MEMORY, S_IFREG | (opening->mode & 07777 & ~current_mask()));
  (*node)->nameable = (opening->flags & O_EXCL) == 0;
  return 0;
}

static int64_t find_or_create(struct walk *walk, struct opening *opening, struct node **node) {
  bool exclusive = walk->creates && (opening->flags & O_EXCL) != 0;
  int64_t error = walk_parent(walk);
  if (error == 0) error = walk_last(walk, (opening->flags & O_NOFOLLOW) == 0 && !exclusive, node);
  if (error < 0) return error;
  if (*node == NULL) return walk->creates ? create(walk, opening, node) : -ENOENT;
  if (exclusive) return -EEXIST;
  return walk->creates && is_directory(*node) ? -EISDIR : 0;
}

// May the node be opened in this way?
static int64_t check(const struct node *node, const struct opening *opening) {
  uint32_t flags = opening->flags;
  if ((flags & O_TMPFILE) == O_DIRECTORY && !is_directory(node)) return -ENOTDIR;
  if ((flags & O_PATH) != 0) return 0;
  if (is_link(node)) return -ELOOP;
  if ((node->mode & S_IFMT) == 0) return -ENXIO;  // an eventfd or the like: /proc/self/fd names it
  if (is_directory(node) && wants_write(flags)) return -EISDIR;
  return wants_write(flags) && is_regular(node) && !opening->created ? store_refuses_write(node) : 0;
}

static void cut_off(struct node *node) {
  content_resize(&node->content, 0);
  node->loaded = node->unsaved = true;
  node_modified(node);
}

static int64_t open_node(struct node *node, const struct opening *opening) {
  int64_t descriptor = descriptor_free(0);
  if (descriptor < 0) return descriptor;
  struct open_file *file = NULL;
  uint32_t kept = (opening->flags & O_PATH) != 0 ? 0 : O_LARGEFILE;
  int64_t error = file_open(node, (opening->flags & ~(uint32_t)OPEN_ONLY) | kept, &file);
  if (error < 0) return error;
  if ((opening->flags & O_TRUNC) != 0 && is_regular(node) && !opening->created) cut_off(node);
  descriptor_set((uint32_t)descriptor, file, (opening->flags & O_CLOEXEC) != 0);
  return descriptor;
}

static int64_t find(uint64_t directory, uint64_t path, struct opening *opening, struct node **node) {
  struct walk walk;
  bool temporary = (opening->flags & TEMPORARY) != 0;
  int64_t error = walk_user(&walk, directory, path, false);
  if (error < 0) return error;
  walk.creates = !temporary && (opening->flags & O_CREAT) != 0;
  error = find_or_create(&walk, opening, node);
  return error == 0 && temporary ? create_temporary(*node, opening, node) : error;
}

static int64_t check_flags(uint32_t flags) {
  if ((flags & O_PATH) != 0) return 0;
  if ((flags & TEMPORARY) != 0) {
    bool complete = (flags & O_TMPFILE) == O_TMPFILE && (flags & O_CREAT) == 0 && (flags & O_ACCMODE) != O_RDONLY;
    return complete ? 0 : -EINVAL;
  }
  return (flags & O_CREAT) != 0 && (flags & O_DIRECTORY) != 0 ? -EINVAL : 0;
}

static int64_t open_at(uint64_t directory, uint64_t path, uint32_t flags, uint32_t mode) {
  if ((flags & O_PATH) != 0) flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  struct opening opening = {.flags = flags, .mode = mode};
  struct node *node = NULL;
  int64_t error = check_flags(flags);
  if (error == 0) error = descriptor_free(0);
  if (error >= 0) error = find(directory, path, &opening, &node);
  if (error < 0) return error;
  error = check(node, &opening);
  return error < 0 ? error : open_node(node, &opening);
}

SYSTEM_CALL(open) { return open_at((uint64_t)AT_FDCWD, a[0], (uint32_t)a[1], (uint32_t)a[2]); }
SYSTEM_CALL(openat) { return open_at(a[0], a[1], (uint32_t)a[2], (uint32_t)a[3]); }
SYSTEM_CALL(creat) { return open_at((uint64_t)AT_FDCWD, a[0], O_CREAT | O_WRONLY | O_TRUNC, (uint32_t)a[1]); }
SYSTEM_CALL(close) { return descriptor_close((uint32_t)a[0]); }

SYSTEM_CALL(close_range) {
  uint32_t first = (uint32_t)a[0];
  uint32_t last = (uint32_t)a[1];
  enum { UNSHARE = 2, CLOSE_ON_EXEC = 4 };
  if (first > last || ((uint32_t)a[2] & ~(uint32_t)(UNSHARE | CLOSE_ON_EXEC)) != 0) return -EINVAL;
  for (uint32_t i = first; i <= last && i < MOST_DESCRIPTORS; i++) {
    if ((a[2] & CLOSE_ON_EXEC) == 0) (void)descriptor_close(i);
    else if (descriptor_place(i) != NULL) descriptor_set_close_on_exec(i, true);
  }
  return 0;
}
