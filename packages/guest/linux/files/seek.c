// lseek.
#include <asm/errno.h>
#include <linux/fs.h>

#include "descriptor.h"
#include "remote.h"

// Everything up to the end counts as data, and the end as the only hole.
static int64_t find_data(const struct node *node, int64_t offset, bool hole) {
  int64_t size = (int64_t)node->content.size;
  if (offset < 0 || offset >= size) return -ENXIO;
  return hole ? size : offset;
}

static int64_t target_of(const struct open_file *file, int64_t offset, uint32_t whence) {
  int64_t base = whence == SEEK_CUR   ? (int64_t)file->offset
                 : whence == SEEK_END ? (int64_t)file->node->content.size
                                      : 0;
  int64_t target;
  if (whence == SEEK_DATA || whence == SEEK_HOLE) return find_data(file->node, offset, whence == SEEK_HOLE);
  if (__builtin_add_overflow(base, offset, &target)) return -EOVERFLOW;
  return target < 0 || (uint64_t)target > kLargestFile ? -EINVAL : target;
}

SYSTEM_CALL(lseek) {
  struct open_file *file = descriptor_file(a[0]);
  uint32_t whence = (uint32_t)a[2];
  if (file == NULL) return -EBADF;
  if (whence > SEEK_MAX) return -EINVAL;
  if (file->node->behaviour->seeking != SEEKS) return file->node->behaviour->seeking == SEEKS_NOT ? -ESPIPE : 0;
  if (is_directory(file->node) && whence > SEEK_CUR) return -EINVAL;
  int64_t target = target_of(file, (int64_t)a[1], whence);
  if (target >= 0) file->offset = (uint64_t)target;
  return target;
}
