// readlink and readlinkat.
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "path.h"
#include "user.h"

static int64_t give_target(struct node *node, uint64_t address, int64_t room) {
  const char *target = node->behaviour->target(node);
  uint64_t length = strlen(target);
  if (length > (uint64_t)room) length = (uint64_t)room;
  int64_t error = user_give(address, target, length);
  return error < 0 ? error : (int64_t)length;
}

static int64_t read_link(uint64_t directory, uint64_t path, uint64_t to, uint64_t length) {
  struct node *node = NULL;
  int64_t room = (int32_t)length;
  if (room <= 0) return -EINVAL;
  int64_t error = path_user(directory, path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, &node);
  if (error < 0) return error;
  if (is_link(node)) return give_target(node, to, room);
  return *(const char *)path == '\0' ? -ENOENT : -EINVAL;
}

SYSTEM_CALL(readlink) { return read_link((uint64_t)AT_FDCWD, a[0], a[1], a[2]); }
SYSTEM_CALL(readlinkat) { return read_link(a[0], a[1], a[2], a[3]); }
