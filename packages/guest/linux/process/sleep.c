// Sleeping: other threads run meanwhile.
#include <asm/errno.h>
#include <linux/time.h>
#include <linux/time_types.h>

#include "clock.h"
#include "../threads/threads.h"
#include "process.h"

// Gives the rest of the time to a program that a signal woke, if it asks for that.
static int64_t give_rest(uint64_t address, uint64_t until) {
  uint64_t now = clock_monotonic(), rest = until > now ? until - now : 0;
  const struct __kernel_timespec time = {(int64_t)(rest / SECOND), (long long)(rest % SECOND)};
  if (address == 0) return -EINTR;
  if (!user_range(address, sizeof time)) return -EFAULT;
  memcpy((void *)address, &time, sizeof time);
  return -EINTR;
}

static int64_t sleep_for(uint64_t nanoseconds, uint64_t rest_at) {
  uint64_t until = clock_after(nanoseconds);
  return thread_wait(thread_own_place(), 0, until) == INTERRUPTED ? give_rest(rest_at, until) : 0;
}

int64_t clock_duration(uint64_t address, uint64_t *nanoseconds) {
  struct __kernel_timespec time;
  if (!user_range(address, sizeof time)) return -EFAULT;
  memcpy(&time, (const void *)address, sizeof time);
  if (time.tv_sec < 0 || time.tv_nsec < 0 || (uint64_t)time.tv_nsec >= SECOND) return -EINVAL;
  uint64_t seconds = (uint64_t)time.tv_sec, most = INT64_MAX / SECOND - 1;
  *nanoseconds = (seconds < most ? seconds : most) * SECOND + (uint64_t)time.tv_nsec;
  return 0;
}

SYSTEM_CALL(nanosleep) {
  uint64_t duration;
  int64_t error = clock_duration(a[0], &duration);
  return error < 0 ? error : sleep_for(duration, a[1]);
}

// A time of day that stands still is never reached: the program waits for as long as it would if it moved.
static uint64_t until(uint64_t clock, uint64_t time) {
  uint64_t now = clock_read(clock);
  return time > now ? time - now : 0;
}

static bool can_sleep(uint64_t clock) {
  return clock_valid(clock) && (int32_t)clock != CLOCK_THREAD_CPUTIME_ID && (int32_t)clock != CLOCK_MONOTONIC_RAW;
}

SYSTEM_CALL(clock_nanosleep) {
  uint64_t duration;
  if (!can_sleep(a[0])) return -EINVAL;
  int64_t error = clock_duration(a[2], &duration);
  if (error < 0) return error;
  return (a[1] & TIMER_ABSTIME) != 0 ? sleep_for(until(a[0], duration), 0) : sleep_for(duration, a[3]);
}
