// The zygote's own memory: the zone. No child has it.
#ifndef COLONY_PROCESS_ZYGOTE_H
#define COLONY_PROCESS_ZYGOTE_H

#include "process.h"
#include "relay.h"

enum { MOST_CHILDREN = 1024, UNASSIGNED = 0 };

// Bytes on their way to a child that does not take them now.
struct outbox {
  uint8_t *start;  // a mapping of its own; NULL: nothing waits
  size_t mapped, at, end;
};

struct child {
  struct talk talk;
  struct outbox outbox;
  int pid, socket;
  uint32_t call;      // UNASSIGNED: a spare
  bool keep, boot;    // serves further requests; is only to start
  bool silent;        // the host has its result: nothing is to be said of its end
  uint8_t why;        // ZYGOTE_END_*
  uint64_t memory;    // bytes that it was made for
  uint64_t cpu_time;  // nanoseconds that the present request may use...
  uint64_t cpu_start; // ...above what it had used before
  uint64_t look_at;   // when to look whether it has
};

// A frame from the host that is larger than the inbox.
struct large {
  uint8_t *start;  // a mapping of its own; NULL: there is none
  size_t mapped, have;
  struct host_head head;
};

struct poll {
  int file;
  int16_t wanted, got;
};

enum { INBOX = 2 * ZYGOTE_SIZE_PIECE, OUT_HEADROOM = 64 };

struct zygote {
  struct child children[MOST_CHILDREN];
  struct poll polls[1 + MOST_CHILDREN];  // the channel's, then the children's
  size_t count;
  size_t spares_wanted;
  uint64_t spare_memory;  // what requests ask for these days
  uint64_t spare_cpu;
  bool spares_fail;       // the last one ended before it was asked for anything
  struct large large;
  size_t inbox_size;
  uint8_t inbox[INBOX];
  uint8_t out[OUT_HEADROOM + ZYGOTE_SIZE_PIECE];
  uint8_t stack[65536] __attribute__((aligned(16)));
};

// children.c
struct child *spawn(struct zygote *zygote, uint64_t memory);
struct child *find_child(struct zygote *zygote, uint32_t call);
struct child *take_spare(struct zygote *zygote, uint64_t memory);
size_t count_spares(const struct zygote *zygote);
void kill_child(struct child *child, uint8_t why);
// Waits for it, tells the host, forgets it. Its place may hold another one then.
void bury(struct zygote *zygote, struct child *child);
uint64_t cpu_of(int pid);
uint64_t now(void);

// deliver.c: to a child, as far as it takes it now; the rest waits in its outbox. `owned`: a mapping that `frame` is part
// of, which is given up; NULL where there is none.
void deliver(struct child *child, const uint8_t *frame, size_t length, uint8_t *owned, size_t mapped);
void flush(struct child *child);
void drop_outbox(struct child *child);

// To the host: head and payload. Blocks while the host does not read. `at` points at the payload, before which there is
// room for the head.
void send_to_host(struct host_head head, uint8_t *at);

// inward.c: reads what the host sends and does it. outward.c: what a child sends; false at its end.
void hear_host(struct zygote *zygote);
bool hear_child(struct zygote *zygote, struct child *child);
// It was only to start, and has: from now on it is a spare.
void booted(struct child *child);

#endif
