// access in its forms. Root may read and write everything, and execute what anyone may.
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "path.h"

enum { EXECUTE = 1, WRITE = 2, ALL = 7, ANY_EXECUTE = 0111 };

static int64_t check(const struct node *node, uint32_t wanted) {
  if ((wanted & WRITE) != 0 && (is_regular(node) || is_directory(node) || is_link(node))) {
    int64_t error = store_refuses_write(node);
    if (error < 0) return error;
  }
  bool executable = is_directory(node) || (node->mode & ANY_EXECUTE) != 0;
  return (wanted & EXECUTE) != 0 && !executable ? -EACCES : 0;
}

static int64_t access_at(uint64_t directory, uint64_t path, uint32_t wanted, uint32_t flags) {
  struct node *node = NULL;
  if ((wanted & ~(uint32_t)ALL) != 0) return -EINVAL;
  if ((flags & ~(uint32_t)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) return -EINVAL;
  int64_t error = path_user(directory, path, flags, &node);
  return error < 0 ? error : check(node, wanted);
}

SYSTEM_CALL(access) { return access_at((uint64_t)AT_FDCWD, a[0], (uint32_t)a[1], 0); }
SYSTEM_CALL(faccessat) { return access_at(a[0], a[1], (uint32_t)a[2], 0); }
SYSTEM_CALL(faccessat2) { return access_at(a[0], a[1], (uint32_t)a[2], (uint32_t)a[3]); }
