// The loop of a native guest: sends the last result, receives the next request.
#include "memory.h"
#include "runtime.h"

// Has one more byte than the frame, for the NUL of a string at its end.
static void receive(struct session *session, struct frame result) {
  uint8_t *old_request = session->request, *old_out = session->out.start;
  struct colony_reply reply = colony_hypercall(COLONY_OP_NEXT, result.start, result.length, session->small_request,
                                               sizeof session->small_request - 1);
  if (old_request != session->small_request) frame_free(old_request);
  if (old_out != session->small_out) frame_free(old_out);
  use_small_out(session);
  session->request = session->small_request;
  if (reply.status == COLONY_STATUS_TOO_SMALL) {
    session->request = frame_allocate(reply.length + 1);
    if (session->request == NULL) runtime_abort(COLONY_TRAP_MEMORY, "no memory for the request", "");
    reply = colony_hypercall(COLONY_OP_FETCH, NULL, 0, session->request, reply.length);
  }
  if (reply.status != COLONY_STATUS_OK) runtime_abort(COLONY_TRAP_UNREACHABLE, "the request did not come", "");
  session->request_length = reply.length;
}

static void serve(void) {
  struct session session;
  begin_session(&session);
  receive(&session, (struct frame){NULL, 0});
  for (;;) {
    serve_frame(&session);
    receive(&session, result_frame(&session));
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
