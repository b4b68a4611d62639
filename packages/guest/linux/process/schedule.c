// Scheduling: one processor.
#include <asm/errno.h>
#include <linux/sched.h>

#include "identity.h"
#include "process.h"

// As in Linux the answer is the number of bytes: a mask of one word.
SYSTEM_CALL(sched_getaffinity) {
  const uint64_t first = 1;
  if (a[1] < sizeof first || a[1] % sizeof first != 0) return -EINVAL;
  if (!is_own_process(a[0])) return -ESRCH;
  if (!user_range(a[2], sizeof first)) return -EFAULT;
  memcpy((void *)a[2], &first, sizeof first);
  return sizeof first;
}

SYSTEM_CALL(sched_setaffinity) {
  if (!is_own_process(a[0])) return -ESRCH;
  if (!user_range(a[2], a[1])) return -EFAULT;
  return a[1] > 0 && (*(const uint8_t *)a[2] & 1) != 0 ? 0 : -EINVAL;
}

SYSTEM_CALL(sched_getparam) {
  if ((int32_t)a[0] < 0 || a[1] == 0) return -EINVAL;
  if (!is_own_process(a[0])) return -ESRCH;
  if (!user_range(a[1], sizeof(int32_t))) return -EFAULT;
  memset((void *)a[1], 0, sizeof(int32_t));
  return 0;
}

SYSTEM_CALL(sched_getscheduler) {
  if ((int32_t)a[0] < 0) return -EINVAL;
  return is_own_process(a[0]) ? SCHED_NORMAL : -ESRCH;
}

// The kernel reports 20 minus the niceness.
SYSTEM_CALL(getpriority) {
  if (a[0] > 2) return -EINVAL;
  return is_own_process(a[1]) ? 20 : -ESRCH;
}
SYSTEM_CALL(setpriority) {
  if (a[0] > 2) return -EINVAL;
  return is_own_process(a[1]) ? 0 : -ESRCH;
}

SYSTEM_CALL(getcpu) {
  for (int i = 0; i < 2; i++)
    if (a[i] != 0 && !user_range(a[i], sizeof(uint32_t))) return -EFAULT;
  for (int i = 0; i < 2; i++)
    if (a[i] != 0) memset((void *)a[i], 0, sizeof(uint32_t));
  return 0;
}
