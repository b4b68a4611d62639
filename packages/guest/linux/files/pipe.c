// Pipes.
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/poll.h>
#include <linux/signal.h>
#include <linux/stat.h>

#include "../process/process.h"
#include "ready.h"
#include "user.h"

enum { PIPE_ROOM = 65536, ATOMIC_WRITE = 4096 };

static uint64_t waiting_bytes(const struct node *node) { return node->content.size - node->pipe.taken; }

static int64_t pipe_available(struct open_file *file, uint64_t offset) {
  (void)offset;
  return (int64_t)waiting_bytes(file->node);
}

static bool takes_writes(const struct node *node) { return waiting_bytes(node) + ATOMIC_WRITE <= node->pipe.room; }

static int64_t pipe_read(struct open_file *file, uint64_t offset, void *to, uint64_t length) {
  (void)offset;
  struct node *node = file->node;
  if (waiting_bytes(node) == 0) return node->pipe.writers == 0 ? 0 : -EAGAIN;
  bool was_full = !takes_writes(node);
  content_read(&node->content, node->pipe.taken, to, length);
  node->pipe.taken += length;
  if (waiting_bytes(node) == 0) node->content.size = node->content.filled = node->pipe.taken = 0;
  if (was_full) ready_changed(node, POLLOUT);
  return (int64_t)length;
}

// Moves what waits to the start, so that the room never exceeds the pipe's.
static void drop_taken(struct node *node) {
  struct content *content = &node->content;
  if (node->pipe.taken == 0) return;
  memmove(content->data, content->data + node->pipe.taken, waiting_bytes(node));
  content->size = content->filled = waiting_bytes(node);
  node->pipe.taken = 0;
}

static int64_t refuse_write(void) {
  process_signal(SIGPIPE);
  return -EPIPE;
}

static int64_t pipe_write(struct open_file *file, uint64_t offset, const void *from, uint64_t length) {
  (void)offset;
  struct node *node = file->node;
  if (node->pipe.readers == 0) return refuse_write();
  uint64_t room = node->pipe.room - waiting_bytes(node);
  if (length > room && (room == 0 || length <= ATOMIC_WRITE)) return -EAGAIN;
  if (length > room) length = room;
  drop_taken(node);
  int64_t error = content_write(&node->content, node->content.size, from, length);
  if (error < 0) return error;
  ready_changed(node, POLLIN);
  return (int64_t)length;
}

static void pipe_opened(struct open_file *file) {
  file->node->pipe.readers += file_reads(file);
  file->node->pipe.writers += file_writes(file);
}

static int64_t pipe_closed(struct open_file *file) {
  file->node->pipe.readers -= file_reads(file);
  file->node->pipe.writers -= file_writes(file);
  ready_changed(file->node, POLLIN | POLLOUT);
  return 0;
}

static uint32_t pipe_ready(struct open_file *file) {
  struct node *node = file->node;
  uint32_t ready = 0;
  if (file_reads(file) && waiting_bytes(node) > 0) ready |= POLLIN | POLLRDNORM;
  if (file_reads(file) && node->pipe.writers == 0) ready |= POLLHUP;
  if (file_writes(file) && takes_writes(node)) ready |= POLLOUT | POLLWRNORM;
  if (file_writes(file) && node->pipe.readers == 0) ready |= POLLERR;
  return ready;
}

const struct behaviour kPipe = {
    .seeking = SEEKS_NOT,
    .available = pipe_available,
    .read = pipe_read,
    .write = pipe_write,
    .opened = pipe_opened,
    .closed = pipe_closed,
    .ready = pipe_ready,
};

static int64_t take_two(uint32_t ends[2]) {
  int64_t first = descriptor_free(0);
  int64_t second = first < 0 ? first : descriptor_free((uint32_t)first + 1);
  if (second < 0) return second;
  ends[0] = (uint32_t)first;
  ends[1] = (uint32_t)second;
  return 0;
}

static int64_t make_pipe(uint64_t address, uint32_t flags) {
  uint32_t ends[2];
  if ((flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) != 0) return -EINVAL;
  int64_t error = take_two(ends);
  if (error == 0) error = user_give(address, ends, sizeof ends);
  if (error < 0) return error;
  struct node *node = node_new(&kPipe, STORE_STREAM, S_IFIFO | 0600);
  node->pipe.room = PIPE_ROOM;
  descriptor_open(ends[0], node, flags | O_RDONLY);
  descriptor_open(ends[1], node, flags | O_WRONLY);
  return 0;
}

SYSTEM_CALL(pipe) { return make_pipe(a[0], 0); }
SYSTEM_CALL(pipe2) { return make_pipe(a[0], (uint32_t)a[1]); }
