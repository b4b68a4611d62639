// Clocks: the time-stamp counter, and the time of day that the policy grants.
#include "clock.h"

#include <asm/errno.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/times.h>

#include "../threads/threads.h"
#include "process.h"

static struct {
  uint64_t tsc_khz;
  uint64_t begin;  // the counter at clock_begin
  uint64_t call;   // the counter at clock_start
  uint64_t day;    // the counter at clock_set_real
  uint64_t real;   // nanoseconds since 1970 then
  bool still;      // the time of day does not move
} clock = {.tsc_khz = 1000000};

static uint64_t counter(void) { return __builtin_ia32_rdtsc(); }

static uint64_t nanoseconds_of(uint64_t ticks) {
  // A product has more than 64 bits after some minutes.
  return ticks / clock.tsc_khz * MILLISECOND + ticks % clock.tsc_khz * MILLISECOND / clock.tsc_khz;
}

void clock_begin(uint64_t tsc_khz) {
  if (tsc_khz == 0) kernel_panic("the host reports no frequency of the time-stamp counter");
  clock.tsc_khz = tsc_khz;
  clock.begin = counter();
}

// Without a grant each call begins at 1970: its clock shows how long it runs, which it can measure anyway.
void clock_set_real(const struct host_facts *facts) {
  bool granted = facts->clock && facts->now > 0;
  clock.day = counter();
  clock.real = granted ? (uint64_t)facts->now * MILLISECOND : 0;
  clock.still = facts->clock && facts->clock_fixed;
}

void clock_start(const struct host_facts *facts) {
  clock.call = counter();
  clock_set_real(facts);
}

void clock_resume(uint64_t tsc_khz, uint64_t monotonic) {
  clock.tsc_khz = tsc_khz;
  clock.call = counter();
  clock.begin = clock.call - (monotonic / MILLISECOND * tsc_khz + monotonic % MILLISECOND * tsc_khz / MILLISECOND);
}

uint64_t clock_monotonic(void) { return nanoseconds_of(counter() - clock.begin); }
uint64_t clock_after(uint64_t nanoseconds) {
  uint64_t now = clock_monotonic();
  return nanoseconds < FOR_EVER - 1 - now ? now + nanoseconds : FOR_EVER - 1;
}

uint64_t clock_used(void) { return nanoseconds_of(counter() - clock.call); }
uint64_t clock_real(void) {
  process_need_facts();
  return clock.real + (clock.still ? 0 : nanoseconds_of(counter() - clock.day));
}

static bool read_clock(uint64_t id, uint64_t *time) {
  switch ((int32_t)id) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI: *time = clock_real(); return true;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM: *time = clock_monotonic(); return true;
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID: *time = clock_used(); return true;
    default: return false;
  }
}

bool clock_valid(uint64_t id) {
  uint64_t time;
  return read_clock(id, &time);
}

uint64_t clock_read(uint64_t id) {
  uint64_t time = 0;
  read_clock(id, &time);
  return time;
}

static int64_t store(uint64_t address, uint64_t time) {
  if (!user_range(address, sizeof(struct __kernel_timespec))) return -EFAULT;
  struct __kernel_timespec value = {(int64_t)(time / SECOND), (long long)(time % SECOND)};
  memcpy((void *)address, &value, sizeof value);
  return 0;
}

SYSTEM_CALL(clock_gettime) { return clock_valid(a[0]) ? store(a[1], clock_read(a[0])) : -EINVAL; }

SYSTEM_CALL(clock_getres) {
  if (!clock_valid(a[0])) return -EINVAL;
  return a[1] == 0 ? 0 : store(a[1], 1);
}

SYSTEM_CALL(gettimeofday) {
  uint64_t now = clock_real();
  int64_t value[2] = {(int64_t)(now / SECOND), (int64_t)(now % SECOND / MICROSECOND)};
  const bool no_time = a[0] == 0, no_zone = a[1] == 0;
  if ((!no_time && !user_range(a[0], sizeof value)) || (!no_zone && !user_range(a[1], 8))) return -EFAULT;
  if (!no_time) memcpy((void *)a[0], value, sizeof value);
  if (!no_zone) memset((void *)a[1], 0, 8);
  return 0;
}

SYSTEM_CALL(time) {
  int64_t now = (int64_t)(clock_real() / SECOND);
  if (a[0] != 0 && !user_range(a[0], sizeof now)) return -EFAULT;
  if (a[0] != 0) memcpy((void *)a[0], &now, sizeof now);
  return now;
}

// In hundredths of a second, as AT_CLKTCK says.
SYSTEM_CALL(times) {
  const uint64_t tick = SECOND / 100;
  struct tms times = {.tms_utime = (int64_t)(clock_used() / tick)};
  if (a[0] != 0 && !user_range(a[0], sizeof times)) return -EFAULT;
  if (a[0] != 0) memcpy((void *)a[0], &times, sizeof times);
  return (int64_t)(clock_monotonic() / tick);
}
