// The zone: the zygote's own memory. No child has it.
#ifndef COLONY_PROCESS_ZYGOTE_H
#define COLONY_PROCESS_ZYGOTE_H

#include "process.h"
#include "relay.h"

enum { MOST_CHILDREN = 1024, UNASSIGNED = 0 };

// Bytes for a child that does not take them now.
struct outbox {
  uint8_t *start;  // its own mapping; NULL: nothing waits
  size_t mapped, at, end;
};

struct child {
  struct talk talk;
  struct outbox outbox;
  int pid, socket;
  uint32_t call;       // UNASSIGNED: a spare
  bool keep, boot;     // serves further requests; only starts
  bool silent;         // the host has its result: its end is not reported
  uint8_t why;         // ZYGOTE_END_*
  uint64_t memory;     // memory limit that it was made for, in bytes
  uint64_t cpu_time;   // nanoseconds that the current request may use...
  uint64_t cpu_start;  // ...beyond the time used before
  uint64_t look_at;    // when to check its CPU time
};

// A frame from the host that is larger than the inbox.
struct large {
  uint8_t *start;  // its own mapping; NULL: no such frame
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
  struct poll polls[1 + MOST_CHILDREN];  // first the channel's, then the children's
  size_t count;
  size_t spares_wanted;
  uint64_t spare_memory;  // limit of recent requests
  uint64_t spare_cpu;
  bool spares_fail;  // the last spare ended before it got a request
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
// Waits for the child, reports its end to the host, and forgets it. Another child may take its place.
void bury(struct zygote *zygote, struct child *child);
uint64_t cpu_of(int pid);
uint64_t now(void);

// deliver.c: sends to a child as much as it takes now; the rest waits in its outbox. `owned` is the mapping that
// contains `frame`, which is released; NULL without a mapping.
void deliver(struct child *child, const uint8_t *frame, size_t length, uint8_t *owned, size_t mapped);
void flush(struct child *child);
void drop_outbox(struct child *child);

// Sends head and payload to the host. Blocks while the host does not read. `at` points at the payload, after room for
// the head.
void send_to_host(struct host_head head, uint8_t *at);

// inward.c: handles frames from the host. outward.c: handles frames from a child; returns false at its end.
void hear_host(struct zygote *zygote);
bool hear_child(struct zygote *zygote, struct child *child);
// Makes a child that only had to start a spare.
void booted(struct child *child);

#endif
