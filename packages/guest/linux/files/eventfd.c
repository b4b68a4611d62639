// eventfd: a counter that programs add to and wait for.
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/poll.h>

#include "ready.h"

enum { COUNTER = sizeof(uint64_t), SEMAPHORE = 1, FLAGS = SEMAPHORE | O_CLOEXEC | O_NONBLOCK };
static const uint64_t kMost = UINT64_MAX - 1;

static int64_t counter_available(struct open_file *file, uint64_t offset) {
  (void)offset;
  return file->node->counter.value > 0 ? COUNTER : 0;
}

static int64_t counter_read(struct open_file *file, uint64_t offset, void *to, uint64_t length) {
  (void)offset, (void)length;
  struct counter *counter = &file->node->counter;
  if (counter->value == 0) return -EAGAIN;
  const uint64_t taken = counter->semaphore ? 1 : counter->value;
  counter->value -= taken;
  memcpy(to, &taken, sizeof taken);
  ready_changed(file->node, POLLOUT);
  return COUNTER;
}

static int64_t counter_write(struct open_file *file, uint64_t offset, const void *from, uint64_t length) {
  (void)offset, (void)length;
  struct counter *counter = &file->node->counter;
  uint64_t added;
  memcpy(&added, from, sizeof added);
  if (added == UINT64_MAX) return -EINVAL;
  if (added > kMost - counter->value) return -EAGAIN;
  counter->value += added;
  ready_changed(file->node, POLLIN);
  return COUNTER;
}

static uint32_t counter_ready(struct open_file *file) {
  uint64_t value = file->node->counter.value;
  return (value > 0 ? POLLIN : 0) | (value < kMost ? POLLOUT : 0);
}

static const struct behaviour kCounter = {
    .seeking = SEEKS_NOT,
    .name = "anon_inode:[eventfd]",
    .least = COUNTER,
    .available = counter_available,
    .read = counter_read,
    .write = counter_write,
    .ready = counter_ready,
};

static int64_t make_counter(uint64_t value, uint32_t flags) {
  if ((flags & ~(uint32_t)FLAGS) != 0) return -EINVAL;
  int64_t descriptor = descriptor_free(0);
  if (descriptor < 0) return descriptor;
  struct node *node = node_new(&kCounter, STORE_STREAM, 0600);
  node->counter = (struct counter){(uint32_t)value, (flags & SEMAPHORE) != 0};
  descriptor_open((uint32_t)descriptor, node, O_RDWR | (flags & ~(uint32_t)SEMAPHORE));
  return descriptor;
}

SYSTEM_CALL(eventfd) { return make_counter(a[0], 0); }
SYSTEM_CALL(eventfd2) { return make_counter(a[0], (uint32_t)a[1]); }
