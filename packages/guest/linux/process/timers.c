// Alarms. No signal can arrive by itself yet, so arming one fails, and there is never one to disarm.
#include <asm/errno.h>
#include <linux/time.h>

#include "process.h"

struct interval {
  int64_t words[4];  // struct itimerval: an interval, and the time until the next alarm, in seconds and microseconds
};

SYSTEM_CALL(alarm) { return (uint32_t)a[0] == 0 ? 0 : -ENOSYS; }

static int64_t store_none(uint64_t address) {
  if (!user_range(address, sizeof(struct interval))) return -EFAULT;
  memset((void *)address, 0, sizeof(struct interval));
  return 0;
}

SYSTEM_CALL(getitimer) { return a[0] <= ITIMER_PROF ? store_none(a[1]) : -EINVAL; }

static int64_t check_disarms(uint64_t address) {
  struct interval wanted;
  if (address == 0) return 0;
  if (!user_range(address, sizeof wanted)) return -EFAULT;
  memcpy(&wanted, (const void *)address, sizeof wanted);
  return (wanted.words[2] | wanted.words[3]) == 0 ? 0 : -ENOSYS;
}

SYSTEM_CALL(setitimer) {
  if (a[0] > ITIMER_PROF) return -EINVAL;
  int64_t error = check_disarms(a[1]);
  return error < 0 || a[2] == 0 ? error : store_none(a[2]);
}
