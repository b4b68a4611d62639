// Memory of a session's frames: small ones are in the session itself, larger ones on the heap.
#include "memory.h"
#include "runtime.h"

struct session *runtime_session;
struct runtime_heap runtime_heap;

bool grow_writer(struct cbor_writer *writer, size_t need, const uint8_t *first) {
  size_t used = (size_t)(writer->at - writer->start), capacity = (size_t)(writer->end - writer->start), wanted;
  if (__builtin_add_overflow(used, need, &wanted)) return false;
  if (wanted < 2 * capacity) wanted = 2 * capacity;
  uint8_t *start = writer->start == first ? frame_allocate(wanted) : frame_resize(writer->start, wanted);
  if (start == NULL) return false;
  if (writer->start == first) __builtin_memcpy(start, first, used);
  writer->start = start;
  writer->at = start + used;
  writer->end = start + wanted;
  return true;
}

static bool grow_out(struct cbor_writer *writer, size_t need) {
  return grow_writer(writer, need, runtime_session->small_out);
}

void use_small_out(struct session *session) {
  uint8_t *out = session->small_out;
  session->out =
      (struct cbor_writer){.start = out, .at = out, .end = out + sizeof session->small_out, .more = grow_out};
}

void begin_session(struct session *session) {
  session->request = session->small_request;
  session->calling = false;
  session->blocks = NULL;
  use_small_out(session);
  runtime_session = session;
}

struct frame result_frame(const struct session *session) {
  if (session->out.failed) runtime_abort(COLONY_TRAP_MEMORY, "no memory for the result", "");
  if (session->in_place != NULL) return (struct frame){session->in_place, session->in_place_length};
  return (struct frame){session->out.start, (size_t)(session->out.at - session->out.start)};
}
