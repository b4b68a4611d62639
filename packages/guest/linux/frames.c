// Frames from the host, and the results that it takes.
#include "frames.h"

#include "boot/hypercall.h"
#include "memory/memory.h"

enum { FIRST_FRAME = 4096 };

static uint8_t first_frame[FIRST_FRAME];
static uint8_t *result;  // of the last call; the host takes it with NEXT
static size_t result_room;
static bool grow_result(struct cbor_writer *writer, size_t need) {
  size_t used = (size_t)(writer->at - writer->start), room = result_room;
  while (room - used < need) room *= 2;
  result = kernel_resize(writer->start, room);
  if (result == NULL) return false;
  result_room = room;
  *writer = (struct cbor_writer){result, result + used, result + room, grow_result, false};
  return true;
}

struct cbor_writer new_result(void) {
  if (result == NULL) {
    result_room = PAGE;
    result = kernel_allocate(result_room);
  }
  return (struct cbor_writer){result, result, result + result_room, grow_result, false};
}

void put_literal(struct cbor_writer *out, const char *text) { cbor_put_text(out, text, strlen(text)); }

void put_outcome(struct cbor_writer *out, uint64_t state) {
  cbor_put_array(out, 2);
  cbor_put_natural(out, state);
}

void put_error(struct cbor_writer *out, const char *name, const char *message, const char *code) {
  put_outcome(out, 1);
  cbor_put_map(out, 3);
  put_literal(out, "name");
  put_literal(out, name);
  put_literal(out, "message");
  put_literal(out, message);
  put_literal(out, "code");
  put_literal(out, code);
}

// Fetches a frame that does not fit into the first buffer.
static const uint8_t *frame_of(struct colony_reply reply) {
  static uint8_t *large;
  static size_t room;
  if (reply.status != COLONY_STATUS_TOO_SMALL) return first_frame;
  if (room < reply.length) {
    kernel_free(large);
    large = kernel_allocate(reply.length);
    room = reply.length;
  }
  colony_hypercall(COLONY_OP_FETCH, NULL, 0, large, reply.length);
  return large;
}

struct bytes next_frame(const void *message, size_t length) {
  struct colony_reply reply = colony_hypercall(COLONY_OP_NEXT, message, length, first_frame, sizeof first_frame);
  return (struct bytes){frame_of(reply), reply.length};
}
