// stat in its forms, and statx.
#include <linux/stat.h>
#include <linux/fcntl.h>
#include <asm/errno.h>
#include <asm/stat.h>

#include "descriptor.h"
#include "path.h"
#include "user.h"

enum { BLOCK = 512, DEVICE_OF_STORES = 32 };

static uint64_t links_of(const struct node *node) {
  if (node->store == STORE_STREAM) return 1;
  if (!is_directory(node)) return node->links;
  return node->directory.removed ? 0 : 2 + (uint64_t)node->directory.subdirectories;
}

static uint64_t size_of(const struct node *node) {
  if (is_directory(node)) return PAGE;
  return is_regular(node) || is_link(node) ? node->content.size : 0;
}

static uint64_t blocks_of(const struct node *node) {
  if (!is_regular(node)) return 0;
  uint64_t bytes = node->mount != NULL ? node->content.size : node->content.filled;
  return page_up(bytes) / BLOCK;
}

// Each store is a device of its own, so that inode numbers are unique on each.
static uint32_t device_of(const struct node *node) { return DEVICE_OF_STORES + node->store; }

static struct stat stat_of(const struct node *node) {
  struct stat result = {
      .st_dev = device_of(node),
      .st_ino = node->number,
      .st_nlink = links_of(node),
      .st_mode = node->mode,
      .st_uid = node->user,
      .st_gid = node->group,
      .st_rdev = node->device,
      .st_size = (int64_t)size_of(node),
      .st_blksize = PAGE,
      .st_blocks = (int64_t)blocks_of(node),
      .st_atime = (uint64_t)node->accessed.seconds,
      .st_atime_nsec = node->accessed.nanoseconds,
      .st_mtime = (uint64_t)node->modified.seconds,
      .st_mtime_nsec = node->modified.nanoseconds,
      .st_ctime = (uint64_t)node->changed.seconds,
      .st_ctime_nsec = node->changed.nanoseconds,
  };
  return result;
}

static int64_t give_stat(const struct node *node, uint64_t address) {
  struct stat result = stat_of(node);
  return user_give(address, &result, sizeof result);
}

static int64_t stat_at(uint64_t directory, uint64_t path, uint32_t flags, uint64_t address) {
  struct node *node = NULL;
  int64_t error = path_user(directory, path, flags, &node);
  return error < 0 ? error : give_stat(node, address);
}

SYSTEM_CALL(stat) { return stat_at((uint64_t)AT_FDCWD, a[0], 0, a[1]); }
SYSTEM_CALL(lstat) { return stat_at((uint64_t)AT_FDCWD, a[0], AT_SYMLINK_NOFOLLOW, a[1]); }
SYSTEM_CALL(fstat) {
  const struct open_file *file = descriptor_place(a[0]);
  return file == NULL ? -EBADF : give_stat(file->node, a[1]);
}

SYSTEM_CALL(newfstatat) {
  enum { KNOWN = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE };
  if (((uint32_t)a[3] & ~(uint32_t)KNOWN) != 0) return -EINVAL;
  return stat_at(a[0], a[1], (uint32_t)a[3], a[2]);
}

static struct statx_timestamp timestamp(struct moment moment) {
  return (struct statx_timestamp){.tv_sec = moment.seconds, .tv_nsec = moment.nanoseconds};
}

static struct statx statx_of(const struct node *node) {
  struct statx result = {
      .stx_mask = STATX_BASIC_STATS,
      .stx_blksize = PAGE,
      .stx_nlink = (uint32_t)links_of(node),
      .stx_uid = node->user,
      .stx_gid = node->group,
      .stx_mode = (uint16_t)node->mode,
      .stx_ino = node->number,
      .stx_size = size_of(node),
      .stx_blocks = blocks_of(node),
      .stx_atime = timestamp(node->accessed),
      .stx_mtime = timestamp(node->modified),
      .stx_ctime = timestamp(node->changed),
      .stx_rdev_major = (uint32_t)(node->device >> 8),
      .stx_rdev_minor = (uint32_t)(node->device & 0xff),
      .stx_dev_minor = device_of(node),
  };
  return result;
}

SYSTEM_CALL(statx) {
  enum { KNOWN = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE };
  struct node *node = NULL;
  bool both = ((uint32_t)a[2] & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE;
  if (both || ((uint32_t)a[2] & ~(uint32_t)KNOWN) != 0 || ((uint32_t)a[3] & STATX__RESERVED) != 0) return -EINVAL;
  int64_t error = path_user(a[0], a[1], (uint32_t)a[2], &node);
  if (error < 0) return error;
  struct statx result = statx_of(node);
  return user_give(a[4], &result, sizeof result);
}
