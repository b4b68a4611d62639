// The working directory.
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "descriptor.h"
#include "path.h"
#include "user.h"

static int64_t enter(struct node *node) {
  if (!is_directory(node)) return -ENOTDIR;
  struct node *before = working_node;
  working_node = node_hold(node);
  node_release(before);
  return 0;
}

SYSTEM_CALL(chdir) {
  struct node *node = NULL;
  int64_t error = path_user((uint64_t)AT_FDCWD, a[0], 0, &node);
  return error < 0 ? error : enter(node);
}

int64_t files_enter(const char *path) {
  struct node *node = NULL;
  int64_t error = path_find(working_node, path, true, &node);
  return error < 0 ? error : enter(node);
}

SYSTEM_CALL(fchdir) {
  const struct open_file *file = descriptor_place(a[0]);
  return file == NULL ? -EBADF : enter(file->node);
}

SYSTEM_CALL(getcwd) {
  char room[LONGEST_PATH];
  if (working_node->directory.removed) return -ENOENT;
  const char *path = node_path(working_node, room);
  if (path == NULL) return -ENAMETOOLONG;
  uint64_t length = (uint64_t)(room + sizeof room - path);
  if (a[1] < length) return -ERANGE;
  int64_t error = user_give(a[0], path, length);
  return error < 0 ? error : (int64_t)length;
}
