// The loop of a native virtine: give the last result, take the next request.
#include "runtime.h"

#include <stdlib.h>

struct session *runtime_session;
struct runtime_heap runtime_heap;

bool grow_writer(struct cbor_writer *writer, size_t need, const uint8_t *first) {
  size_t used = (size_t)(writer->at - writer->start), capacity = (size_t)(writer->end - writer->start), wanted;
  if (__builtin_add_overflow(used, need, &wanted)) return false;
  if (wanted < 2 * capacity) wanted = 2 * capacity;
  uint8_t *start = writer->start == first ? malloc(wanted) : realloc(writer->start, wanted);
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

static void use_small_out(struct session *session) {
  uint8_t *out = session->small_out;
  session->out = (struct cbor_writer){.start = out, .at = out, .end = out + sizeof session->small_out, .more = grow_out};
}

// One byte more than the frame, for the NUL of a string that ends it.
static void receive(struct session *session, const uint8_t *result, size_t length) {
  uint8_t *old_request = session->request, *old_out = session->out.start;
  struct colony_reply reply =
      colony_hypercall(COLONY_OP_NEXT, result, length, session->small_request, sizeof session->small_request - 1);
  if (old_request != session->small_request) free(old_request);
  if (old_out != session->small_out) free(old_out);
  use_small_out(session);
  session->request = session->small_request;
  if (reply.status == COLONY_STATUS_TOO_SMALL) {
    session->request = malloc(reply.length + 1);
    if (session->request == NULL) runtime_abort(COLONY_TRAP_MEMORY, "no memory for the request", "");
    reply = colony_hypercall(COLONY_OP_FETCH, NULL, 0, session->request, reply.length);
  }
  if (reply.status != COLONY_STATUS_OK) runtime_abort(COLONY_TRAP_UNREACHABLE, "the request did not come", "");
  session->request_length = reply.length;
}

static void serve(void) {
  struct session session;
  session.request = session.small_request;
  session.calling = false;
  session.blocks = NULL;
  use_small_out(&session);
  runtime_session = &session;
  receive(&session, NULL, 0);
  for (;;) {
    session.in_place = NULL;
    serve_frame(&session);
    if (session.out.failed) runtime_abort(COLONY_TRAP_MEMORY, "no memory for the result", "");
    if (session.in_place != NULL) receive(&session, session.in_place, session.in_place_length);
    else receive(&session, session.out.start, (size_t)(session.out.at - session.out.start));
  }
}

typedef void constructor(void);
extern constructor *const __init_array_start[], *const __init_array_end[];

void colony_main(char *heap, size_t heap_size, size_t heap_capacity, uint64_t abi, const void *system_page) {
  (void)abi, (void)system_page;
  runtime_heap = (struct runtime_heap){heap, heap_size, heap_capacity};
  if (libc_start != NULL) libc_start();
  for (constructor *const *at = __init_array_start; at < __init_array_end; at++) (*at)();
  serve();
}
