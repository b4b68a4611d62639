// statfs and fstatfs: a store is a file system.
#include <asm/errno.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/magic.h>

#include "../memory/memory.h"
#include "descriptor.h"
#include "path.h"
#include "user.h"

enum { READ_ONLY = 1, FLAGS_ARE_VALID = 0x20 };

static int64_t type_of(const struct node *node) {
  if (node->store == STORE_PROC) return PROC_SUPER_MAGIC;
  return node->store == STORE_STREAM ? PIPEFS_MAGIC : TMPFS_MAGIC;
}

static int64_t give_statfs(const struct node *node, uint64_t address) {
  __kernel_long_t blocks = node->store == STORE_MEMORY ? (__kernel_long_t)(memory_bounds().size / PAGE) : 0;
  struct statfs result = {
      .f_type = type_of(node),
      .f_bsize = PAGE,
      .f_blocks = blocks,
      .f_bfree = blocks,
      .f_bavail = blocks,
      .f_namelen = LONGEST_NAME,
      .f_frsize = PAGE,
      .f_flags = FLAGS_ARE_VALID | (store_refuses_write(node) < 0 ? READ_ONLY : 0),
  };
  return user_give(address, &result, sizeof result);
}

SYSTEM_CALL(statfs) {
  struct node *node = NULL;
  int64_t error = path_user((uint64_t)AT_FDCWD, a[0], 0, &node);
  return error < 0 ? error : give_statfs(node, a[1]);
}

SYSTEM_CALL(fstatfs) {
  const struct open_file *file = descriptor_place(a[0]);
  return file == NULL ? -EBADF : give_statfs(file->node, a[1]);
}
