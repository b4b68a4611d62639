// Delivers frames from the zygote to a child and to the host.
#include "zygote.h"

#include "sys.h"

enum { DO_NOT_WAIT = 0x40, NO_SIGNAL = 0x4000 };

struct message {
  void *name;
  uint32_t name_length;
  struct io_vector *parts;
  size_t count;
  void *control;
  size_t control_length;
  int flags;
};

static uint8_t *map_copy(const uint8_t *from, size_t length) {
  long mapped = sys_map(0, length, PROTECT_READ_WRITE, 0);
  if (mapped < 0 && mapped > -4096) return NULL;
  __builtin_memcpy((uint8_t *)mapped, from, length);
  // Keeps the mapping out of future forks.
  call3(SYS_MADVISE, mapped, (long)length, 10);
  return (uint8_t *)mapped;
}

void drop_outbox(struct child *child) {
  if (child->outbox.start != NULL) sys_unmap(child->outbox.start, child->outbox.mapped);
  child->outbox = (struct outbox){NULL, 0, 0, 0};
}

// Keeps the rest of a frame. A head is never sent in part: it is four bytes, and sockets take all of them or none.
static void keep(struct child *child, const uint8_t *rest, size_t length, uint8_t *owned, size_t mapped) {
  if (owned != NULL) {
    size_t at = (size_t)(rest - owned);
    child->outbox = (struct outbox){owned, mapped, at, at + length};
    return;
  }
  uint8_t *copy = map_copy(rest, length);
  if (copy == NULL) kill_child(child, ZYGOTE_END_NO_PROCESS);
  else child->outbox = (struct outbox){copy, length, 0, length};
}

void deliver(struct child *child, const uint8_t *frame, size_t length, uint8_t *owned, size_t mapped) {
  uint8_t head[4];
  put_u32(head, (uint32_t)length);
  struct io_vector parts[] = {{head, sizeof head}, {frame, length}};
  struct message message = {.parts = parts, .count = 2};
  long sent = call3(SYS_SENDMSG, child->socket, (long)&message, DO_NOT_WAIT | NO_SIGNAL);
  bool partly = sent >= (long)sizeof head && (size_t)sent < sizeof head + length;
  if (partly) {
    size_t done = (size_t)sent - sizeof head;
    keep(child, frame + done, length - done, owned, mapped);
    return;
  }
  if (owned != NULL) sys_unmap(owned, mapped);
  // The child waits for a frame, so its socket is empty and takes at least the head; otherwise the child is dying.
  if (sent < (long)sizeof head) kill_child(child, ZYGOTE_END_ITSELF);
}

void flush(struct child *child) {
  struct outbox *box = &child->outbox;
  if (box->start == NULL) return;
  struct io_vector part = {box->start + box->at, box->end - box->at};
  struct message message = {.parts = &part, .count = 1};
  long sent = call3(SYS_SENDMSG, child->socket, (long)&message, DO_NOT_WAIT | NO_SIGNAL);
  if (sent > 0) box->at += (size_t)sent;
  if (box->at == box->end || (sent < 0 && sent != -E_AGAIN)) drop_outbox(child);
}

void send_to_host(struct host_head head, uint8_t *at) {
  uint8_t *start = at - ZYGOTE_SIZE_HEADER;
  write_host_head(start, head);
  size_t left = ZYGOTE_SIZE_HEADER + head.length;
  while (left > 0) {
    long written = sys_write(CHANNEL, start, left);
    // The host is gone, so nothing is left to do. Every child dies with its parent.
    if (written <= 0) sys_exit(0);
    start += written;
    left -= (size_t)written;
  }
}
