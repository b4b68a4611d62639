// Limits, and what a program used. The host has the limits that count; those of a program are kept and reported.
#include "limits.h"

#include <asm/errno.h>
#include <linux/resource.h>
#include <linux/sysinfo.h>

#include "../memory/memory.h"
#include "clock.h"
#include "identity.h"
#include "process.h"

// RLIM_INFINITY of the kernel's header is 32 bits short on some versions.
static const uint64_t NO_LIMIT = UINT64_MAX;
static struct rlimit64 limits[RLIM_NLIMITS];

static void set(uint64_t which, uint64_t current, uint64_t most) {
  limits[which] = (struct rlimit64){.rlim_cur = current, .rlim_max = most};
}

void limits_begin(uint64_t stack) {
  for (uint64_t i = 0; i < RLIM_NLIMITS; i++) set(i, NO_LIMIT, NO_LIMIT);
  set(RLIMIT_STACK, stack, stack);
  set(RLIMIT_NOFILE, MOST_DESCRIPTORS, MOST_DESCRIPTORS);
  set(RLIMIT_CORE, 0, 0);
  set(RLIMIT_NPROC, 1, 1);
}

static int64_t read_limit(uint64_t which, uint64_t address) {
  if (!user_range(address, sizeof limits[0])) return -EFAULT;
  memcpy((void *)address, &limits[which], sizeof limits[0]);
  return 0;
}

// The host's part cannot be raised, so a limit never goes above its maximum.
static int64_t write_limit(uint64_t which, uint64_t address) {
  struct rlimit64 limit;
  if (!user_range(address, sizeof limit)) return -EFAULT;
  memcpy(&limit, (const void *)address, sizeof limit);
  if (limit.rlim_cur > limit.rlim_max) return -EINVAL;
  if (limit.rlim_max > limits[which].rlim_max) return -EPERM;
  limits[which] = limit;
  return 0;
}

SYSTEM_CALL(getrlimit) { return a[0] < RLIM_NLIMITS ? read_limit(a[0], a[1]) : -EINVAL; }
SYSTEM_CALL(setrlimit) { return a[0] < RLIM_NLIMITS ? write_limit(a[0], a[1]) : -EINVAL; }

// Both places may be one, so the old limit is written after the new one was read.
SYSTEM_CALL(prlimit64) {
  uint64_t which = (uint32_t)a[1];
  if (which >= RLIM_NLIMITS) return -EINVAL;
  if (!is_own_process(a[0])) return -ESRCH;
  if (a[3] != 0 && !user_range(a[3], sizeof limits[0])) return -EFAULT;
  struct rlimit64 old = limits[which];
  int64_t error = a[2] != 0 ? write_limit(which, a[2]) : 0;
  if (error == 0 && a[3] != 0) memcpy((void *)a[3], &old, sizeof old);
  return error;
}

static void count(void *context, const struct memory_region *region) {
  *(uint64_t *)context += region->end - region->start;
}

static uint64_t memory_taken(void) {
  uint64_t bytes = 0;
  memory_regions(count, &bytes);
  return bytes;
}

SYSTEM_CALL(getrusage) {
  const int32_t who = (int32_t)a[0];
  struct rusage usage = {0};
  if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD) return -EINVAL;
  if (!user_range(a[1], sizeof usage)) return -EFAULT;
  if (who != RUSAGE_CHILDREN) {
    uint64_t used = clock_used();
    usage.ru_utime.tv_sec = (int64_t)(used / SECOND);
    usage.ru_utime.tv_usec = (int64_t)(used % SECOND / MICROSECOND);
    usage.ru_maxrss = (int64_t)(memory_taken() / 1024);
  }
  memcpy((void *)a[1], &usage, sizeof usage);
  return 0;
}

SYSTEM_CALL(sysinfo) {
  uint64_t total = memory_bounds().capacity, taken = memory_taken();
  struct sysinfo info = {
      .uptime = (int64_t)(clock_monotonic() / SECOND),
      .totalram = total,
      .freeram = taken < total ? total - taken : 0,
      .procs = 1,
      .mem_unit = 1,
  };
  if (!user_range(a[0], sizeof info)) return -EFAULT;
  memcpy((void *)a[0], &info, sizeof info);
  return 0;
}
