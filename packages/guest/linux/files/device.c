// /dev. The streams' names are links to descriptors, as on Linux.
#include "device.h"

#include <asm/errno.h>
#include <linux/stat.h>

#include "../process/process.h"
#include "node.h"

static int64_t endless(struct open_file *file, uint64_t offset) {
  (void)file, (void)offset;
  return INT64_MAX;
}

static int64_t read_end(struct open_file *file, uint64_t offset, void *to, uint64_t length) {
  (void)file, (void)offset, (void)to, (void)length;
  return 0;
}

static int64_t read_zeros(struct open_file *file, uint64_t offset, void *to, uint64_t length) {
  (void)file, (void)offset;
  memset(to, 0, length);
  return (int64_t)length;
}

static int64_t read_random(struct open_file *file, uint64_t offset, void *to, uint64_t length) {
  (void)file, (void)offset;
  random_fill(to, length);
  return (int64_t)length;
}

static int64_t write_nowhere(struct open_file *file, uint64_t offset, const void *from, uint64_t length) {
  (void)file, (void)offset, (void)from;
  return (int64_t)length;
}

static int64_t write_full(struct open_file *file, uint64_t offset, const void *from, uint64_t length) {
  (void)file, (void)offset, (void)from, (void)length;
  return -ENOSPC;
}

// A process without a terminal gets this error.
static int64_t open_terminal(struct node **node, uint32_t flags) {
  (void)node, (void)flags;
  return -ENXIO;
}

static const struct behaviour kNull = {.seeking = STAYS_AT_START, .read = read_end, .write = write_nowhere};
static const struct behaviour kZero = {
    .seeking = STAYS_AT_START, .available = endless, .read = read_zeros, .write = write_nowhere};
static const struct behaviour kFull = {
    .seeking = STAYS_AT_START, .available = endless, .read = read_zeros, .write = write_full};
static const struct behaviour kRandom = {
    .seeking = STAYS_AT_START, .available = endless, .read = read_random, .write = write_nowhere};
static const struct behaviour kTerminal = {.open = open_terminal};

static const struct {
  const char *name;
  const struct behaviour *behaviour;
  uint32_t major, minor;
} kDevices[] = {
    {"null", &kNull, 1, 3},     {"zero", &kZero, 1, 5},      {"full", &kFull, 1, 7},
    {"random", &kRandom, 1, 8}, {"urandom", &kRandom, 1, 9}, {"tty", &kTerminal, 5, 0},
};

static const struct {
  const char *name, *target;
} kLinks[] = {
    {"fd", "/proc/self/fd"},
    {"stdin", "/proc/self/fd/0"},
    {"stdout", "/proc/self/fd/1"},
    {"stderr", "/proc/self/fd/2"},
};

void device_fill(struct node *directory) {
  for (size_t i = 0; i < sizeof kDevices / sizeof *kDevices; i++) {
    struct node *node = node_new(kDevices[i].behaviour, STORE_MEMORY, S_IFCHR | 0666);
    node->device = (uint64_t)kDevices[i].major << 8 | kDevices[i].minor;
    (void)node_link(directory, name_of(kDevices[i].name), node);
  }
  for (size_t i = 0; i < sizeof kLinks / sizeof *kLinks; i++)
    (void)node_link(directory, name_of(kLinks[i].name), node_new_link(STORE_MEMORY, kLinks[i].target));
}
