// Futexes: the place where a thread waits is the address of the word.
#include <asm/errno.h>
#include <linux/futex.h>

#include "../process/clock.h"
#include "../process/process.h"
#include "threads.h"

static bool differs(uint64_t address, uint64_t value) { return *(const volatile uint32_t *)address != (uint32_t)value; }

// WAIT has a duration, WAIT_BITSET a moment.
static uint64_t moment(uint64_t operation, uint64_t time) {
  if ((operation & FUTEX_CMD_MASK) == FUTEX_WAIT) return clock_after(time);
  if ((operation & FUTEX_CLOCK_REALTIME) == 0) return time;
  uint64_t real = clock_real();
  return clock_after(time > real ? time - real : 0);
}

static int64_t end_of_wait(uint64_t operation, uint64_t timeout, uint64_t *until) {
  uint64_t time;
  *until = FOR_EVER;
  if (timeout == 0) return 0;
  int64_t error = clock_duration(timeout, &time);
  if (error == 0) *until = moment(operation, time);
  return error;
}

static int64_t wait(const uint64_t a[6], uint32_t mask) {
  uint64_t until;
  int64_t error = end_of_wait(a[1], a[3], &until);
  if (error < 0) return error;
  if (differs(a[0], a[2])) return -EAGAIN;
  switch (thread_wait(a[0], mask, until)) {
    case WOKEN: return 0;
    case TIMED_OUT: return -ETIMEDOUT;
    default: return a[3] == 0 ? RESTART : -EINTR;
  }
}

static uint32_t most(uint64_t value) { return (int32_t)value < 0 ? 0 : (uint32_t)value; }

static int64_t requeue(const uint64_t a[6], bool counts_moved) {
  if (a[4] % sizeof(uint32_t) != 0) return -EINVAL;
  uint32_t woken = thread_wake(a[0], ANY_WAKER, most(a[2]));
  uint32_t moved = thread_move(a[0], a[4], most(a[3]));
  return woken + (counts_moved ? moved : 0);
}

static uint32_t changed(uint32_t old, uint32_t operation, uint32_t argument) {
  switch (operation & 7) {
    case FUTEX_OP_SET: return argument;
    case FUTEX_OP_ADD: return old + argument;
    case FUTEX_OP_OR: return old | argument;
    case FUTEX_OP_ANDN: return old & ~argument;
    default: return old ^ argument;
  }
}

static bool compares(int32_t old, uint32_t comparison, int32_t argument) {
  switch (comparison) {
    case FUTEX_OP_CMP_EQ: return old == argument;
    case FUTEX_OP_CMP_NE: return old != argument;
    case FUTEX_OP_CMP_LT: return old < argument;
    case FUTEX_OP_CMP_LE: return old <= argument;
    case FUTEX_OP_CMP_GT: return old > argument;
    default: return old >= argument;
  }
}

// The operation is packed: 4 bits for it, 4 for the comparison, 12 for each argument.
static int64_t wake_and_change(const uint64_t a[6]) {
  uint32_t packed = (uint32_t)a[5], operation = packed >> 28, argument = packed >> 12 & 0xfff;
  if (!user_range(a[4], sizeof(uint32_t))) return -EFAULT;
  if ((operation & FUTEX_OP_OPARG_SHIFT) != 0) argument = 1u << (argument & 31);
  uint32_t *word = (uint32_t *)a[4], old = *word;
  *word = changed(old, operation, argument);
  int64_t woken = thread_wake(a[0], ANY_WAKER, most(a[2]));
  if (compares((int32_t)old, packed >> 24 & 15, (int32_t)(packed & 0xfff)))
    woken += thread_wake(a[4], ANY_WAKER, most(a[3]));
  return woken;
}

static int64_t dispatch(const uint64_t a[6]) {
  uint32_t mask = (uint32_t)a[5];
  switch (a[1] & FUTEX_CMD_MASK) {
    case FUTEX_WAIT: return wait(a, ANY_WAKER);
    case FUTEX_WAIT_BITSET: return mask == 0 ? -EINVAL : wait(a, mask);
    case FUTEX_WAKE: return thread_wake(a[0], ANY_WAKER, most(a[2]));
    case FUTEX_WAKE_BITSET: return mask == 0 ? -EINVAL : (int64_t)thread_wake(a[0], mask, most(a[2]));
    case FUTEX_REQUEUE: return requeue(a, false);
    case FUTEX_CMP_REQUEUE: return differs(a[0], a[5]) ? -EAGAIN : requeue(a, true);
    case FUTEX_WAKE_OP: return wake_and_change(a);
    default: return -ENOSYS;
  }
}

SYSTEM_CALL(futex) {
  if (a[0] % sizeof(uint32_t) != 0) return -EINVAL;
  if (!user_range(a[0], sizeof(uint32_t))) return -EFAULT;
  return dispatch(a);
}
