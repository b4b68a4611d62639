// epoll: a file that knows which files a program waits for.
//
// Level-triggered watches report what is ready. Edge-triggered ones report it again only after a change: each node has the
// numbers of its last changes, and a watch remembers those of its last report.
#include <asm/errno.h>
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/poll.h>

#include "../process/process.h"
#include "../threads/threads.h"
#include "ready.h"
#include "user.h"

enum {
  MOST_EVENTS = INT32_MAX / (int)sizeof(struct epoll_event),
  MOST_DEPTH = 5,
  READS = POLLIN | POLLRDNORM | POLLRDHUP | POLLPRI,
  WRITES = POLLOUT | POLLWRNORM,
  ALWAYS = POLLERR | POLLHUP,
  FLAGS = (int)(EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE),
};

struct watch {
  struct open_file *file;
  uint32_t descriptor, events;
  uint64_t data;
  struct changes seen;
  bool reported;  // `seen` holds
};

struct epoll {
  struct watch *watches;
  uint32_t count, room, turn;  // `turn`: where the next wait begins, so that all files have theirs
  const struct open_file *file;
  struct epoll *next;
};

static struct epoll *first;
static const struct behaviour kEpoll;

static bool is_off(const struct watch *watch) { return (watch->events & ~(uint32_t)FLAGS) == 0; }

static uint64_t later(uint64_t a, uint64_t b) { return a > b ? a : b; }

// An epoll file changes with each file that it watches.
static struct changes changes_of(const struct open_file *file) {
  struct changes last = file->node->changes;
  const struct epoll *epoll = file->node->behaviour == &kEpoll ? file->node->epoll : NULL;
  for (uint32_t i = 0; epoll != NULL && i < epoll->count; i++) {
    const struct changes one = changes_of(epoll->watches[i].file);
    last.to_read = later(last.to_read, later(one.to_read, one.to_write));
  }
  return last;
}

// A change that the watch waits for brings all that is ready again. The end of a pipe changes both.
static bool has_news(const struct watch *watch) {
  if ((watch->events & EPOLLET) == 0 || !watch->reported) return true;
  const struct changes now = changes_of(watch->file);
  bool to_read = now.to_read > watch->seen.to_read, to_write = now.to_write > watch->seen.to_write;
  if (to_read && to_write) return true;
  return (to_read && (watch->events & READS) != 0) || (to_write && (watch->events & WRITES) != 0);
}

static uint32_t events_of(const struct watch *watch) {
  if (is_off(watch)) return 0;
  uint32_t ready = ready_of(watch->file) & watch->events;
  return ready != 0 && has_news(watch) ? ready : 0;
}

static uint32_t epoll_ready(struct open_file *file) {
  const struct epoll *epoll = file->node->epoll;
  for (uint32_t i = 0; i < epoll->count; i++) {
    if (events_of(&epoll->watches[i]) != 0) return POLLIN | POLLRDNORM;
  }
  return 0;
}

static void epoll_opened(struct open_file *file) {
  file->node->epoll->file = file;
  file->node->epoll->next = first;
  first = file->node->epoll;
}

static int64_t epoll_closed(struct open_file *file) {
  struct epoll **place = &first, *epoll = file->node->epoll;
  while (*place != epoll) place = &(*place)->next;
  *place = epoll->next;
  kernel_free(epoll->watches);
  kernel_free(epoll);
  return 0;
}

static const struct behaviour kEpoll = {
    .seeking = SEEKS_NOT,
    .name = "anon_inode:[eventpoll]",
    .opened = epoll_opened,
    .closed = epoll_closed,
    .ready = epoll_ready,
};

static int64_t make_epoll(uint32_t flags) {
  int64_t descriptor = descriptor_free(0);
  if (descriptor < 0) return descriptor;
  struct node *node = node_new(&kEpoll, STORE_STREAM, 0600);
  node->epoll = kernel_allocate(sizeof *node->epoll);
  descriptor_open((uint32_t)descriptor, node, O_RDWR | flags);
  return descriptor;
}

SYSTEM_CALL(epoll_create) { return (int32_t)a[0] <= 0 ? -EINVAL : make_epoll(0); }
SYSTEM_CALL(epoll_create1) {
  return ((uint32_t)a[0] & ~(uint32_t)EPOLL_CLOEXEC) != 0 ? -EINVAL : make_epoll((uint32_t)a[0]);
}

// --- watches ---------------------------------------------------------------------------------------------------------

static void remove(struct epoll *epoll, uint32_t index) {
  epoll->count--;
  memmove(&epoll->watches[index], &epoll->watches[index + 1], (epoll->count - index) * sizeof *epoll->watches);
}

void epoll_forget(const struct open_file *file) {
  for (struct epoll *epoll = first; epoll != NULL; epoll = epoll->next) {
    for (uint32_t i = epoll->count; i-- > 0;) {
      if (epoll->watches[i].file == file) remove(epoll, i);
    }
  }
}

static struct watch *find(struct epoll *epoll, const struct open_file *file, uint32_t descriptor) {
  for (uint32_t i = 0; i < epoll->count; i++) {
    struct watch *watch = &epoll->watches[i];
    if (watch->file == file && watch->descriptor == descriptor) return watch;
  }
  return NULL;
}

// How many epoll files are nested in the file, itself included. Such files never watch each other in a circle.
static int depth_of(const struct open_file *file, const struct open_file *forbidden, int room) {
  int deepest = 0;
  if (file->node->behaviour != &kEpoll) return 0;
  if (file == forbidden || room == 0) return MOST_DEPTH;
  const struct epoll *epoll = file->node->epoll;
  for (uint32_t i = 0; i < epoll->count; i++) {
    int depth = depth_of(epoll->watches[i].file, forbidden, room - 1);
    if (depth > deepest) deepest = depth;
  }
  return 1 + deepest;
}

static bool watches(const struct epoll *epoll, const struct open_file *file) {
  for (uint32_t i = 0; i < epoll->count; i++) {
    if (epoll->watches[i].file == file) return true;
  }
  return false;
}

// In how many epoll files the file is nested, itself included.
static int height_of(const struct open_file *file) {
  int highest = 0;
  for (const struct epoll *epoll = first; epoll != NULL; epoll = epoll->next) {
    int height = watches(epoll, file) ? height_of(epoll->file) : 0;
    if (height > highest) highest = height;
  }
  return 1 + highest;
}

static bool is_too_deep(const struct open_file *own, const struct open_file *file) {
  int depth = depth_of(file, own, MOST_DEPTH);
  return depth > 0 && depth + height_of(own) > MOST_DEPTH;
}

static int64_t add(struct open_file *own, const struct watch *watch) {
  struct epoll *epoll = own->node->epoll;
  if (is_too_deep(own, watch->file)) return -ELOOP;
  if (find(epoll, watch->file, watch->descriptor) != NULL) return -EEXIST;
  if (epoll->count == epoll->room) {
    epoll->room = epoll->room == 0 ? 8 : 2 * epoll->room;
    epoll->watches = kernel_resize(epoll->watches, epoll->room * sizeof *watch);
  }
  epoll->watches[epoll->count++] = *watch;
  return 0;
}

static int64_t modify(struct epoll *epoll, const struct watch *watch) {
  struct watch *old = find(epoll, watch->file, watch->descriptor);
  if (old == NULL) return -ENOENT;
  if (((old->events | watch->events) & EPOLLEXCLUSIVE) != 0) return -EINVAL;
  *old = *watch;
  return 0;
}

static int64_t change(struct open_file *own, uint32_t operation, const struct watch *watch) {
  struct epoll *epoll = own->node->epoll;
  const struct watch *old = find(epoll, watch->file, watch->descriptor);
  switch (operation) {
    case EPOLL_CTL_ADD: return add(own, watch);
    case EPOLL_CTL_MOD: return modify(epoll, watch);
    case EPOLL_CTL_DEL:
      if (old == NULL) return -ENOENT;
      remove(epoll, (uint32_t)(old - epoll->watches));
      return 0;
    default: return -EINVAL;
  }
}

static int64_t epoll_of(uint64_t descriptor, struct open_file **file) {
  *file = descriptor_file(descriptor);
  if (*file == NULL) return -EBADF;
  return (*file)->node->behaviour == &kEpoll ? 0 : -EINVAL;
}

static bool may_be_exclusive(const struct watch *watch) {
  const uint32_t allowed = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLET | EPOLLWAKEUP | EPOLLEXCLUSIVE;
  if ((watch->events & EPOLLEXCLUSIVE) == 0) return true;
  return (watch->events & ~allowed) == 0 && watch->file->node->behaviour != &kEpoll;
}

SYSTEM_CALL(epoll_ctl) {
  struct epoll_event event = {0};
  struct open_file *own = NULL;
  struct open_file *file = descriptor_file(a[2]);
  uint32_t operation = (uint32_t)a[1];
  int64_t error = operation == EPOLL_CTL_DEL ? 0 : user_take(&event, a[3], sizeof event);
  if (error == 0) error = epoll_of(a[0], &own);
  if (error == -EFAULT || error == -EBADF) return error;
  if (file == NULL) return -EBADF;
  if (file->node->behaviour->ready == NULL) return -EPERM;
  const struct watch watch = {file, (uint32_t)a[2], event.events | ALWAYS, event.data, {0}, false};
  if (error < 0 || file == own || !may_be_exclusive(&watch)) return -EINVAL;
  error = change(own, operation, &watch);
  if (error == 0) ready_changed(own->node, POLLIN);
  return error;
}

// --- waiting ---------------------------------------------------------------------------------------------------------

static void report(struct watch *watch, uint32_t ready, struct epoll_event *to) {
  *to = (struct epoll_event){ready, watch->data};
  watch->seen = changes_of(watch->file);
  watch->reported = true;
  if ((watch->events & EPOLLONESHOT) != 0) watch->events &= (uint32_t)FLAGS;
}

static int64_t collect(struct epoll *epoll, struct epoll_event *events, uint32_t most) {
  uint32_t found = 0, start = epoll->turn;
  for (uint32_t step = 0; step < epoll->count && found < most; step++) {
    uint32_t index = (start + step) % epoll->count;
    uint32_t ready = events_of(&epoll->watches[index]);
    if (ready == 0) continue;
    report(&epoll->watches[index], ready, &events[found++]);
    if (found == most) epoll->turn = index + 1;
  }
  return found;
}

static int64_t wait(struct open_file *file, const uint64_t a[6], uint64_t until) {
  for (;;) {
    // Another thread may have taken the memory away meanwhile.
    if (!user_range(a[1], (uint32_t)a[2] * sizeof(struct epoll_event))) return -EFAULT;
    int64_t found = collect(file->node->epoll, (struct epoll_event *)a[1], (uint32_t)a[2]);
    if (found > 0 || until == 0) return found;
    int64_t error = ready_wait(until);
    if (error == -EINTR) return error;
    if (error == -ETIMEDOUT) until = 0;  // one more look
  }
}

static int64_t wait_for(const uint64_t a[6], uint64_t until) {
  struct open_file *file = NULL;
  if ((int32_t)a[2] <= 0 || (int32_t)a[2] > MOST_EVENTS) return -EINVAL;
  if (!user_range(a[1], (uint32_t)a[2] * sizeof(struct epoll_event))) return -EFAULT;
  int64_t error = epoll_of(a[0], &file);
  if (error < 0) return error;
  file_hold(file);
  int64_t result = wait(file, a, until);
  file_let_go(file);
  return result;
}

static uint64_t moment_of(uint64_t milliseconds) {
  int32_t time = (int32_t)milliseconds;
  return time < 0 ? FOR_EVER : time == 0 ? 0 : clock_after((uint64_t)time * 1000000);
}

SYSTEM_CALL(epoll_wait) { return wait_for(a, moment_of(a[3])); }

SYSTEM_CALL(epoll_pwait) {
  int64_t error = process_wait_with(a[4], a[5]);
  return error < 0 ? error : wait_for(a, moment_of(a[3]));
}

SYSTEM_CALL(epoll_pwait2) {
  uint64_t time = 0;
  int64_t error = a[3] == 0 ? 0 : clock_duration(a[3], &time);
  if (error == 0) error = process_wait_with(a[4], a[5]);
  return error < 0 ? error : wait_for(a, a[3] == 0 ? FOR_EVER : time == 0 ? 0 : clock_after(time));
}
