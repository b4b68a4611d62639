// timerfd: a file that becomes ready at a moment, once or again and again.
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/poll.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/timerfd.h>

#include "../process/process.h"
#include "../threads/threads.h"
#include "ready.h"
#include "user.h"

enum { COUNTER = sizeof(uint64_t), SETTING_FLAGS = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET };
static const uint64_t kSecond = 1000000000;

// All timers: who waits for files waits no longer than until the next one.
static struct timer *first;

// Counts the ends that have passed, and moves on to the next one.
static bool advance_timer(struct timer *timer) {
  uint64_t now = clock_monotonic();
  if (timer->moment > now) return false;
  uint64_t ends = timer->interval == 0 ? 1 : 1 + (now - timer->moment) / timer->interval;
  timer->moment = timer->interval == 0 ? FOR_EVER : timer->moment + ends * timer->interval;
  timer->ends += ends;
  ready_note(timer->node, POLLIN);
  return true;
}

uint64_t timer_next(void) {
  uint64_t next = FOR_EVER;
  for (struct timer *timer = first; timer != NULL; timer = timer->next) {
    if (advance_timer(timer)) next = 0;
    if (timer->moment < next) next = timer->moment;
  }
  return next;
}

static int64_t timer_available(struct open_file *file, uint64_t offset) {
  (void)offset;
  (void)advance_timer(file->node->timer);
  return file->node->timer->ends > 0 ? COUNTER : 0;
}

static int64_t timer_read(struct open_file *file, uint64_t offset, void *to, uint64_t length) {
  (void)offset, (void)length;
  struct timer *timer = file->node->timer;
  if (timer->ends == 0) return -EAGAIN;
  memcpy(to, &timer->ends, sizeof timer->ends);
  timer->ends = 0;
  return COUNTER;
}

static uint32_t timer_ready(struct open_file *file) {
  (void)advance_timer(file->node->timer);
  return file->node->timer->ends > 0 ? POLLIN : 0;
}

static void timer_opened(struct open_file *file) {
  struct timer *timer = file->node->timer;
  timer->next = first;
  first = timer;
}

static int64_t timer_closed(struct open_file *file) {
  struct timer **place = &first, *timer = file->node->timer;
  while (*place != timer) place = &(*place)->next;
  *place = timer->next;
  kernel_free(timer);
  return 0;
}

static const struct behaviour kTimer = {
    .seeking = SEEKS_NOT,
    .name = "anon_inode:[timerfd]",
    .least = COUNTER,
    .available = timer_available,
    .read = timer_read,
    .opened = timer_opened,
    .closed = timer_closed,
    .ready = timer_ready,
};

static bool shows_day(uint32_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM; }

static bool is_clock(uint32_t clock) {
  return shows_day(clock) || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME || clock == CLOCK_BOOTTIME_ALARM;
}

SYSTEM_CALL(timerfd_create) {
  uint32_t flags = (uint32_t)a[1];
  if ((flags & ~(uint32_t)(TFD_CLOEXEC | TFD_NONBLOCK)) != 0 || !is_clock((uint32_t)a[0])) return -EINVAL;
  int64_t descriptor = descriptor_free(0);
  if (descriptor < 0) return descriptor;
  struct node *node = node_new(&kTimer, STORE_STREAM, 0600);
  node->timer = kernel_allocate(sizeof *node->timer);
  *node->timer = (struct timer){.node = node, .moment = FOR_EVER, .real = shows_day((uint32_t)a[0])};
  descriptor_open((uint32_t)descriptor, node, O_RDWR | flags);
  return descriptor;
}

// --- settings --------------------------------------------------------------------------------------------------------

static int64_t timer_of(uint64_t descriptor, struct node **node) {
  struct open_file *file = descriptor_file(descriptor);
  if (file == NULL) return -EBADF;
  *node = file->node;
  return file->node->behaviour == &kTimer ? 0 : -EINVAL;
}

static bool take_time(const struct __kernel_timespec *time, uint64_t *nanoseconds) {
  if (time->tv_sec < 0 || time->tv_nsec < 0 || (uint64_t)time->tv_nsec >= kSecond) return false;
  uint64_t seconds = (uint64_t)time->tv_sec, most = INT64_MAX / kSecond - 1;
  *nanoseconds = (seconds < most ? seconds : most) * kSecond + (uint64_t)time->tv_nsec;
  return true;
}

static struct __kernel_timespec time_of(uint64_t nanoseconds) {
  return (struct __kernel_timespec){(int64_t)(nanoseconds / kSecond), (long long)(nanoseconds % kSecond)};
}

static struct __kernel_itimerspec setting_of(struct timer *timer) {
  (void)advance_timer(timer);
  uint64_t left = timer->moment == FOR_EVER ? 0 : timer->moment - clock_monotonic();
  return (struct __kernel_itimerspec){time_of(timer->interval), time_of(left)};
}

// A moment in the past stays one: the intervals since then count.
static uint64_t moment_of(const struct timer *timer, uint64_t time, bool absolute) {
  if (!absolute) return clock_after(time);
  if (!timer->real) return time;
  uint64_t now = clock_monotonic(), day = clock_real();
  if (time > day) return clock_after(time - day);
  return now > day - time ? now - (day - time) : 0;
}

static int64_t take_setting(uint64_t address, uint64_t *value, uint64_t *interval) {
  struct __kernel_itimerspec setting;
  int64_t error = user_take(&setting, address, sizeof setting);
  if (error < 0) return error;
  return take_time(&setting.it_value, value) && take_time(&setting.it_interval, interval) ? 0 : -EINVAL;
}

SYSTEM_CALL(timerfd_settime) {
  uint64_t value, interval;
  struct node *node = NULL;
  int64_t error = take_setting(a[2], &value, &interval);
  if (error == 0 && ((uint32_t)a[1] & ~(uint32_t)SETTING_FLAGS) != 0) error = -EINVAL;
  if (error == 0) error = timer_of(a[0], &node);
  if (error < 0) return error;
  struct timer *timer = node->timer;
  const struct __kernel_itimerspec old = setting_of(timer);
  timer->ends = 0;
  timer->interval = interval;
  timer->moment = value == 0 ? FOR_EVER : moment_of(timer, value, (a[1] & TFD_TIMER_ABSTIME) != 0);
  ready_changed(node, 0);  // who waits may have to wake earlier
  return a[3] == 0 ? 0 : user_give(a[3], &old, sizeof old);
}

SYSTEM_CALL(timerfd_gettime) {
  struct node *node = NULL;
  int64_t error = timer_of(a[0], &node);
  if (error < 0) return error;
  const struct __kernel_itimerspec setting = setting_of(node->timer);
  return user_give(a[1], &setting, sizeof setting);
}
