// Cuts the bytes from a child and from the host into frames. It makes no system calls: it takes bytes and returns
// decisions, so that it can be fuzzed. A child's bytes may be anything; the host's are checked all the same.
//
//   host and zygote     | u32 length of the payload | u32 call | u8 type | payload |
//   child and zygote    | u32 length of the payload | u8 type | payload |            to the child without the type
//
// A child's payload goes on to the host in pieces as it comes. A frame that never ends therefore delays no other child
// and costs no memory. All but the last piece of a frame have ZYGOTE_MORE in their type.
#ifndef COLONY_PROCESS_RELAY_H
#define COLONY_PROCESS_RELAY_H

#include "protocol.generated.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The frames that a child may send depend on its state.
enum child_state {
  CHILD_STARTING,  // READY, or the report of its end
  CHILD_IDLE,      // nothing: it waits for a request
  CHILD_RUNNING,   // a result, a hypercall, or the report of its end
  CHILD_PARKED,    // nothing: it waits for the reply of a hypercall
  CHILD_OVER,      // frames no longer count
};

enum { CHILD_HEAD = 5, MOST_REPORT = ZYGOTE_SIZE_REPORT_HEAD + ZYGOTE_SIZE_MESSAGE };

struct talk {
  enum child_state state;
  uint64_t output;  // most bytes of a result, and of a hypercall's request
  uint8_t head[CHILD_HEAD];
  uint8_t head_size;  // number of its bytes that have come
  uint8_t type;       // type of the frame whose payload is coming; 0: no frame
  uint32_t left;      // bytes of the payload that are still to come
  uint32_t report_size;
  uint8_t report[MOST_REPORT];
};

enum relay {
  RELAY_MORE,      // all bytes are taken, and nothing is left to do
  RELAY_READY,     // the child has started
  RELAY_PIECE,     // a piece of a result or a hypercall, for the host
  RELAY_LAST,      // the last piece of one: the state has already changed
  RELAY_REPORTED,  // the reason of its end is in `report`
  RELAY_BAD,       // a frame that may not come now
  RELAY_TOO_LONG,  // an allowed frame that is too long
};

struct piece {
  const uint8_t *start;
  size_t length;
  uint8_t type;
};

// Takes bytes from *at until there is something to do, and advances *at. Call it until it returns RELAY_MORE. After
// RELAY_BAD and RELAY_TOO_LONG the state is CHILD_OVER, and all later bytes are dropped.
enum relay relay_next(struct talk *talk, const uint8_t **at, const uint8_t *end, struct piece *piece);

struct host_head {
  uint32_t length, call;
  uint8_t type;
};

struct host_request {
  uint64_t memory, cpu_time, output;  // bytes, nanoseconds, bytes
  uint64_t flags;                     // ZYGOTE_FLAG_*
};

struct host_head read_host_head(const uint8_t head[ZYGOTE_SIZE_HEADER]);
// True if the head alone is valid.
bool host_head_good(const struct host_head *head);
struct host_request read_host_request(const uint8_t head[ZYGOTE_SIZE_REQUEST_HEAD]);
void write_host_head(uint8_t to[ZYGOTE_SIZE_HEADER], struct host_head head);

static inline void put_u64(uint8_t *to, uint64_t value) {
  for (int i = 0; i < 8; i++) to[i] = (uint8_t)(value >> 8 * i);
}
static inline void put_u32(uint8_t *to, uint32_t value) {
  for (int i = 0; i < 4; i++) to[i] = (uint8_t)(value >> 8 * i);
}
static inline uint64_t get_u64(const uint8_t *from) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; i--) value = value << 8 | from[i];
  return value;
}
static inline uint32_t get_u32(const uint8_t *from) {
  return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

#endif
