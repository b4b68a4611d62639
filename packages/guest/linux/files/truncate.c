// truncate, ftruncate and fallocate.
#include <asm/errno.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>

#include "descriptor.h"
#include "path.h"
#include "remote.h"

static int64_t resize(struct node *node, uint64_t size) {
  int64_t error = size == 0 ? 0 : remote_load(node);
  if (error < 0) return error;
  if (size > kLargestFile) return -EFBIG;
  content_resize(&node->content, size);
  node->loaded = node->unsaved = true;
  node_modified(node);
  return 0;
}

SYSTEM_CALL(truncate) {
  struct node *node = NULL;
  if ((int64_t)a[1] < 0) return -EINVAL;
  int64_t error = path_user((uint64_t)AT_FDCWD, a[0], 0, &node);
  if (error < 0) return error;
  if (!is_regular(node)) return is_directory(node) ? -EISDIR : -EINVAL;
  error = store_refuses_write(node);
  bool changes = node->content.size != a[1];  // if not, its times stay: only ftruncate sets them always
  if (error == 0 && changes) error = resize(node, a[1]);
  return error < 0 ? error : remote_save(node);
}

SYSTEM_CALL(ftruncate) {
  struct open_file *file = descriptor_file(a[0]);
  if ((int64_t)a[1] < 0) return -EINVAL;
  if (file == NULL) return -EBADF;
  return is_regular(file->node) && file_writes(file) ? resize(file->node, a[1]) : -EINVAL;
}

static int64_t check_allocation(const struct open_file *file, uint32_t mode, uint64_t offset, uint64_t length) {
  if ((int64_t)offset < 0 || (int64_t)length <= 0) return -EINVAL;
  if ((mode & ~(uint32_t)(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) != 0) return -EOPNOTSUPP;
  if (mode == FALLOC_FL_PUNCH_HOLE) return -EOPNOTSUPP;
  if (!file_writes(file)) return -EBADF;
  if (file->node->behaviour->seeking == SEEKS_NOT) return -ESPIPE;
  if (!is_regular(file->node)) return is_directory(file->node) ? -EISDIR : -ENODEV;
  return offset > kLargestFile || length > kLargestFile - offset ? -EFBIG : 0;
}

// Memory is not set aside: writes take it when they come.
SYSTEM_CALL(fallocate) {
  struct open_file *file = descriptor_file(a[0]);
  uint32_t mode = (uint32_t)a[1];
  if (file == NULL) return -EBADF;
  int64_t error = check_allocation(file, mode, a[2], a[3]);
  if (error == 0) error = remote_load(file->node);
  if (error < 0) return error;
  struct content *content = &file->node->content;
  if ((mode & FALLOC_FL_PUNCH_HOLE) != 0) content_clear(content, a[2], a[3]);
  else if ((mode & FALLOC_FL_KEEP_SIZE) == 0 && a[2] + a[3] > content->size) content_resize(content, a[2] + a[3]);
  file->node->unsaved = true;
  node_modified(file->node);
  return 0;
}
