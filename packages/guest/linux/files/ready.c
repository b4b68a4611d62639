#include "ready.h"

#include <asm/errno.h>
#include <linux/poll.h>

#include "../process/process.h"
#include "../threads/threads.h"

enum { ALWAYS_READY = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM };

static const char place_of_all;

static uint64_t place(void) { return (uint64_t)&place_of_all; }

uint32_t ready_of(struct open_file *file) {
  const struct behaviour *behaviour = file->node->behaviour;
  return behaviour->ready != NULL ? behaviour->ready(file) : ALWAYS_READY;
}

void ready_note(struct node *node, uint32_t how) {
  static uint64_t last;
  last++;
  if ((how & POLLIN) != 0) node->changes.to_read = last;
  if ((how & POLLOUT) != 0) node->changes.to_write = last;
}

void ready_changed(struct node *node, uint32_t how) {
  ready_note(node, how);
  thread_wake(place(), ANY_WAKER, UINT32_MAX);
}

int64_t ready_wait(uint64_t until) {
  uint64_t timer = timer_next();
  switch (thread_wait(place(), ANY_WAKER, timer < until ? timer : until)) {
    case WOKEN: return 0;
    case INTERRUPTED: return -EINTR;
    default: return clock_monotonic() < until ? 0 : -ETIMEDOUT;
  }
}

bool ready_again(const struct open_file *file, int64_t *result) {
  if (*result != -EAGAIN || file_is_nonblocking(file)) return false;
  if (ready_wait(FOR_EVER) == 0) return true;
  *result = RESTART;
  return false;
}
