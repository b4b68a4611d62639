// Passes values to and from the program's memory. A bad address is EFAULT.
#ifndef COLONY_LINUX_USER_H
#define COLONY_LINUX_USER_H

#include <asm/errno.h>

#include "../kernel.h"

static inline int64_t user_give(uint64_t address, const void *from, uint64_t length) {
  if (!user_range(address, length)) return -EFAULT;
  if (length > 0) memcpy((void *)address, from, length);
  return 0;
}

static inline int64_t user_take(void *to, uint64_t address, uint64_t length) {
  if (!user_range(address, length)) return -EFAULT;
  if (length > 0) memcpy(to, (const void *)address, length);
  return 0;
}

#endif
