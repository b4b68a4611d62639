// fsync and its kin: a granted file goes to the host. fadvise64 has nothing to do.
#include <asm/errno.h>
#include <linux/fadvise.h>

#include "descriptor.h"
#include "remote.h"

static int64_t sync_file(uint64_t descriptor) {
  const struct open_file *file = descriptor_file(descriptor);
  if (file == NULL) return -EBADF;
  bool is_stored = is_regular(file->node) || is_directory(file->node);
  return is_stored ? remote_save(file->node) : -EINVAL;
}

static void sync_all(void) {
  for (uint32_t i = 0; i < MOST_DESCRIPTORS; i++) (void)sync_file(i);
}

SYSTEM_CALL(fsync) { return sync_file(a[0]); }
SYSTEM_CALL(fdatasync) { return sync_file(a[0]); }

SYSTEM_CALL(sync) {
  (void)a;
  sync_all();
  return 0;
}

SYSTEM_CALL(syncfs) {
  if (descriptor_file(a[0]) == NULL) return -EBADF;
  sync_all();
  return 0;
}

SYSTEM_CALL(fadvise64) {
  const struct open_file *file = descriptor_file(a[0]);
  if (file == NULL) return -EBADF;
  if (file->node->behaviour->seeking == SEEKS_NOT) return -ESPIPE;
  return (int64_t)a[2] < 0 || (uint32_t)a[3] > POSIX_FADV_NOREUSE ? -EINVAL : 0;
}
