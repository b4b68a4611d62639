// Handles the frames that the host sends.
#include "zygote.h"

#include "sys.h"

enum { BAD_HOST = 96, DO_NOT_FORK = 10 };

// A frame and its payload. `owned` is the payload's own mapping, if it has one.
struct frame {
  struct host_head head;
  const uint8_t *payload;
  uint8_t *owned;
  size_t mapped;
};

static void give_up(const struct frame *frame) {
  if (frame->owned != NULL) sys_unmap(frame->owned, frame->mapped);
}

static void set_up(struct zygote *zygote, const struct frame *frame) {
  size_t length = frame->head.length / 8 - 1;
  zygote->spares_wanted = get_u64(frame->payload);
  if (length == 0 || length > MOST_FILTER || child_filter.length != 0) sys_exit(BAD_HOST);
  for (size_t i = 0; i < length; i++) child_filter.instructions[i] = get_u64(frame->payload + 8 * (1 + i));
  child_filter.length = (uint16_t)length;
}

static void no_process(uint32_t call) {
  uint8_t frame[ZYGOTE_SIZE_HEADER + ZYGOTE_SIZE_ENDED_HEAD] = {0};
  uint8_t *payload = frame + ZYGOTE_SIZE_HEADER;
  put_u32(payload, ZYGOTE_END_NO_PROCESS);
  send_to_host((struct host_head){ZYGOTE_SIZE_ENDED_HEAD, call, ZYGOTE_TYPE_ENDED}, payload);
}

// Returns the child that serves this call, set to the request's limits.
static struct child *assign(struct zygote *zygote, uint32_t call, const struct host_request *request) {
  zygote->spare_memory = request->memory;
  zygote->spare_cpu = request->cpu_time;
  struct child *child = find_child(zygote, call);
  if (child == NULL) child = take_spare(zygote, request->memory);
  if (child == NULL) return NULL;
  child->call = call;
  child->keep = (request->flags & ZYGOTE_FLAG_KEEP) != 0;
  child->boot = (request->flags & ZYGOTE_FLAG_BOOT) != 0;
  child->talk.output = request->output;
  child->cpu_time = request->cpu_time;
  child->cpu_start = cpu_of(child->pid);
  child->look_at = request->cpu_time == UINT64_MAX ? UINT64_MAX : now() + request->cpu_time;
  return child;
}

static void serve_request(struct zygote *zygote, const struct frame *frame) {
  struct host_request request = read_host_request(frame->payload);
  struct child *child = child_filter.length == 0 ? NULL : assign(zygote, frame->head.call, &request);
  if (child == NULL) {
    no_process(frame->head.call);
    give_up(frame);
    return;
  }
  if (child->boot) {
    if (child->talk.state == CHILD_IDLE) booted(child);
    give_up(frame);
    return;
  }
  if (child->talk.state == CHILD_IDLE) child->talk.state = CHILD_RUNNING;
  const uint8_t *guest_frame = frame->payload + ZYGOTE_SIZE_REQUEST_HEAD;
  deliver(child, guest_frame, frame->head.length - ZYGOTE_SIZE_REQUEST_HEAD, frame->owned, frame->mapped);
}

static void reply(struct zygote *zygote, const struct frame *frame) {
  struct child *child = find_child(zygote, frame->head.call);
  // The child may have died before the host's answer came.
  if (child == NULL || child->talk.state != CHILD_PARKED) {
    give_up(frame);
    return;
  }
  child->talk.state = CHILD_RUNNING;
  if (child->cpu_time != UINT64_MAX) {
    uint64_t used = cpu_of(child->pid) - child->cpu_start;
    child->look_at = now() + (used < child->cpu_time ? child->cpu_time - used : 0);
  }
  deliver(child, frame->payload, frame->head.length, frame->owned, frame->mapped);
}

static void do_frame(struct zygote *zygote, const struct frame *frame) {
  switch (frame->head.type) {
    case ZYGOTE_TYPE_REQUEST: serve_request(zygote, frame); break;
    case ZYGOTE_TYPE_REPLY: reply(zygote, frame); break;
    case ZYGOTE_TYPE_KILL: {
      struct child *child = find_child(zygote, frame->head.call);
      if (child != NULL) kill_child(child, ZYGOTE_END_COMMAND);
      break;
    }
    case ZYGOTE_TYPE_SETUP:
      set_up(zygote, frame);
      give_up(frame);
      break;
    default: sys_exit(BAD_HOST);
  }
}

static void begin_large(struct large *large, struct host_head head, const uint8_t *first, size_t have) {
  long mapped = sys_map(0, head.length, PROTECT_READ_WRITE, 0);
  if (mapped < 0 && mapped > -4096) sys_exit(BAD_HOST);
  call3(SYS_MADVISE, mapped, (long)head.length, DO_NOT_FORK);
  *large = (struct large){(uint8_t *)mapped, head.length, have, head};
  __builtin_memcpy(large->start, first, have);
}

static void end_large(struct zygote *zygote) {
  struct large large = zygote->large;
  zygote->large.start = NULL;
  struct frame frame = {large.head, large.start, large.start, large.mapped};
  do_frame(zygote, &frame);
}

static size_t receive(void *to, size_t room) {
  long got = sys_read(CHANNEL, to, room);
  if (got <= 0) sys_exit(0);  // the host is gone
  return (size_t)got;
}

// Handles all whole frames in the inbox, and moves the rest to its start.
static void empty_inbox(struct zygote *zygote) {
  const uint8_t *at = zygote->inbox, *end = zygote->inbox + zygote->inbox_size;
  while (end - at >= ZYGOTE_SIZE_HEADER) {
    struct host_head head = read_host_head(at);
    if (!host_head_good(&head)) sys_exit(BAD_HOST);
    size_t have = (size_t)(end - at) - ZYGOTE_SIZE_HEADER;
    if (have < head.length) {
      if (head.length <= INBOX - ZYGOTE_SIZE_HEADER) break;
      begin_large(&zygote->large, head, at + ZYGOTE_SIZE_HEADER, have);
      at = end;
      break;
    }
    struct frame frame = {head, at + ZYGOTE_SIZE_HEADER, NULL, 0};
    do_frame(zygote, &frame);
    at += ZYGOTE_SIZE_HEADER + head.length;
  }
  zygote->inbox_size = (size_t)(end - at);
  if (at != zygote->inbox) __builtin_memmove(zygote->inbox, at, zygote->inbox_size);
}

void hear_host(struct zygote *zygote) {
  struct large *large = &zygote->large;
  if (large->start != NULL) {
    large->have += receive(large->start + large->have, large->head.length - large->have);
    if (large->have == large->head.length) end_large(zygote);
    return;
  }
  zygote->inbox_size += receive(zygote->inbox + zygote->inbox_size, INBOX - zygote->inbox_size);
  empty_inbox(zygote);
}
