// dup in its forms.
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "descriptor.h"

SYSTEM_CALL(dup) {
  struct open_file *file = descriptor_place(a[0]);
  if (file == NULL) return -EBADF;
  int64_t descriptor = descriptor_free(0);
  if (descriptor >= 0) descriptor_set((uint32_t)descriptor, file, false);
  return descriptor;
}

static int64_t replace(uint32_t from, uint32_t to, bool close_on_exec) {
  struct open_file *file = descriptor_place(from);
  if (file == NULL || to >= MOST_DESCRIPTORS) return -EBADF;
  file->uses++;  // in case the closed one is a copy of it
  (void)descriptor_close(to);
  file->uses--;
  descriptor_set(to, file, close_on_exec);
  return to;
}

SYSTEM_CALL(dup2) {
  uint32_t from = (uint32_t)a[0];
  uint32_t to = (uint32_t)a[1];
  if (from == to) return descriptor_place(from) == NULL ? -EBADF : (int64_t)to;
  return replace(from, to, false);
}

SYSTEM_CALL(dup3) {
  uint32_t flags = (uint32_t)a[2];
  if ((flags & ~(uint32_t)O_CLOEXEC) != 0 || (uint32_t)a[0] == (uint32_t)a[1]) return -EINVAL;
  return replace((uint32_t)a[0], (uint32_t)a[1], flags != 0);
}
