// poll and select in their forms.
#include <linux/poll.h>
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/posix_types.h>
#include <linux/time.h>
#include <linux/time_types.h>

#include "../process/process.h"
#include "../threads/threads.h"
#include "ready.h"
#include "user.h"

static const uint64_t kSecond = 1000000000;

// The end of a wait of so many nanoseconds. 0: the files are only looked at.
static uint64_t end_of(uint64_t nanoseconds) {
  return nanoseconds == FOR_EVER || nanoseconds == 0 ? nanoseconds : clock_after(nanoseconds);
}

// Returns true if the files are to be looked at again. `result` is that of the last look, which an interruption replaces.
// There is one more look at the end of the time: a file may have become ready before this thread had its turn.
static bool look_again(int64_t *result, uint64_t *until) {
  if (*result != 0) return false;
  int64_t error = *until != 0 ? ready_wait(*until) : process_is_interrupted() ? -EINTR : 1;
  if (error == -ETIMEDOUT) *until = 0;
  if (error == -EINTR) *result = error;
  return error == 0 || error == -ETIMEDOUT;
}

static int64_t poll_once(struct pollfd *list, uint64_t count) {
  int64_t ready = 0;
  for (uint64_t i = 0; i < count; i++) {
    struct open_file *file = list[i].fd < 0 ? NULL : descriptor_file((uint64_t)list[i].fd);
    uint32_t wanted = (uint16_t)list[i].events | POLLERR | POLLHUP;
    list[i].revents = (short)(list[i].fd < 0 ? 0 : file == NULL ? POLLNVAL : ready_of(file) & wanted);
    ready += list[i].revents != 0;
  }
  return ready;
}

static int64_t poll_list(uint64_t address, uint64_t count, uint64_t until) {
  int64_t ready;
  if (count > MOST_DESCRIPTORS) return -EINVAL;
  do {
    if (!user_range(address, count * sizeof(struct pollfd))) return -EFAULT;
    ready = poll_once((struct pollfd *)address, count);
  } while (look_again(&ready, &until));
  return ready;
}

SYSTEM_CALL(poll) {
  int32_t milliseconds = (int32_t)a[2];
  return poll_list(a[0], (uint32_t)a[1], end_of(milliseconds < 0 ? FOR_EVER : (uint64_t)milliseconds * 1000000));
}

// A time with seconds and a fraction, of which `unit` nanoseconds are one.
static int64_t take_timeout(uint64_t address, int64_t unit, uint64_t *nanoseconds) {
  int64_t time[2];
  *nanoseconds = FOR_EVER;
  if (address == 0) return 0;
  int64_t error = user_take(time, address, sizeof time);
  if (error < 0) return error;
  bool is_micro = unit != 1;
  if (is_micro && time[1] >= 0) time[0] += time[1] / 1000000, time[1] %= 1000000;
  if (time[0] < 0 || time[1] < 0 || time[1] >= (int64_t)kSecond) return -EINVAL;
  *nanoseconds = (uint64_t)time[0] > INT64_MAX / kSecond - 1 ? INT64_MAX
                                                             : (uint64_t)time[0] * kSecond + (uint64_t)(time[1] * unit);
  return 0;
}

// Linux leaves the rest of the time in the program's memory.
static void give_rest(uint64_t address, int64_t unit, uint64_t until) {
  uint64_t now = clock_monotonic(), rest = until > now ? until - now : 0;
  const int64_t time[2] = {(int64_t)(rest / kSecond), (int64_t)(rest % kSecond) / unit};
  if (address != 0) (void)user_give(address, time, sizeof time);
}

SYSTEM_CALL(ppoll) {
  uint64_t nanoseconds;
  int64_t error = take_timeout(a[2], 1, &nanoseconds);
  if (error == 0) error = process_wait_with(a[3], a[4]);
  if (error < 0) return error;
  uint64_t until = end_of(nanoseconds);
  int64_t ready = poll_list(a[0], (uint32_t)a[1], until);
  give_rest(a[2], 1, until);
  return ready;
}

enum { SETS = 3, WORD = 64, WORDS = MOST_DESCRIPTORS / WORD };

struct selection {
  uint64_t wanted[SETS][WORDS], ready[SETS][WORDS];
  uint32_t count;
};

static const uint32_t kWanted[SETS] = {POLLIN | POLLRDNORM | POLLHUP | POLLERR, POLLOUT | POLLWRNORM | POLLERR,
                                       POLLPRI};

static uint64_t bytes_of(uint32_t count) { return (count + WORD - 1) / WORD * sizeof(uint64_t); }

static int64_t take_sets(struct selection *selection, const uint64_t addresses[SETS]) {
  for (int set = 0; set < SETS; set++) {
    if (addresses[set] == 0) continue;
    int64_t error = user_take(selection->wanted[set], addresses[set], bytes_of(selection->count));
    if (error < 0) return error;
  }
  return 0;
}

static int64_t give_sets(const struct selection *selection, const uint64_t addresses[SETS]) {
  for (int set = 0; set < SETS; set++) {
    if (addresses[set] == 0) continue;
    int64_t error = user_give(addresses[set], selection->ready[set], bytes_of(selection->count));
    if (error < 0) return error;
  }
  return 0;
}

static int64_t select_one(struct selection *selection, uint32_t descriptor) {
  uint64_t bit = (uint64_t)1 << descriptor % WORD;
  uint32_t word = descriptor / WORD;
  struct open_file *file = NULL;
  int64_t ready = 0;
  for (int set = 0; set < SETS; set++) {
    if ((selection->wanted[set][word] & bit) == 0) continue;
    if (file == NULL) file = descriptor_file(descriptor);
    if (file == NULL) return -EBADF;
    if ((ready_of(file) & kWanted[set]) == 0) continue;
    selection->ready[set][word] |= bit;
    ready++;
  }
  return ready;
}

static int64_t select_once(struct selection *selection) {
  int64_t ready = 0;
  memset(selection->ready, 0, sizeof selection->ready);
  for (uint32_t i = 0; i < selection->count; i++) {
    int64_t one = select_one(selection, i);
    if (one < 0) return one;
    ready += one;
  }
  return ready;
}

static int64_t select_from(const uint64_t a[6], uint64_t until) {
  struct selection selection = {0};
  int64_t ready;
  if ((int32_t)a[0] < 0) return -EINVAL;
  selection.count = (uint32_t)a[0] < MOST_DESCRIPTORS ? (uint32_t)a[0] : MOST_DESCRIPTORS;
  int64_t error = take_sets(&selection, a + 1);
  if (error < 0) return error;
  do ready = select_once(&selection);
  while (look_again(&ready, &until));
  if (ready < 0) return ready;
  error = give_sets(&selection, a + 1);
  return error < 0 ? error : ready;
}

static int64_t select_within(const uint64_t a[6], int64_t unit, const uint64_t mask[2]) {
  uint64_t nanoseconds;
  int64_t error = take_timeout(a[4], unit, &nanoseconds);
  if (error == 0) error = process_wait_with(mask[0], mask[1]);
  if (error < 0) return error;
  uint64_t until = end_of(nanoseconds);
  int64_t ready = select_from(a, until);
  give_rest(a[4], unit, until);
  return ready;
}

SYSTEM_CALL(select) { return select_within(a, 1000, (const uint64_t[2]){0}); }

// The last argument is a pair: the mask's address and its size.
SYSTEM_CALL(pselect6) {
  uint64_t mask[2] = {0};
  int64_t error = a[5] == 0 ? 0 : user_take(mask, a[5], sizeof mask);
  return error < 0 ? error : select_within(a, 1, mask);
}
