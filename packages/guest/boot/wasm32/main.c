// The exports that the host calls: first _initialize, then colony_request and colony_serve for each frame.
//
//   0            stack, downward from stack_size      .data, .bss (with the session)   __heap_base
//   | no guard: an overflow wraps and is out of bounds | ...                          | heap, grows upward
#include "runtime.h"

#include <stdlib.h>

#define COLONY_EXPORTED(name) __attribute__((export_name(name)))

enum { HEAP_INITIAL = 65536, WASM_PAGE = 65536 };

extern char __heap_base[];
void __wasm_call_ctors(void);

static struct session session;
static uint32_t request_capacity;

// Grows the heap before the first call. Wasm memory cannot shrink, so a fresh call that grows it costs the host a new
// one.
static void start_heap(void) {
  uint64_t base = (uint64_t)(uintptr_t)__heap_base;
  uint64_t end = (base + HEAP_INITIAL + WASM_PAGE - 1) / WASM_PAGE * WASM_PAGE;
  colony_hypercall(COLONY_OP_GROW, (void *)(size_t)(end - base), 0, NULL, 0);
  uint64_t most = ((uint64_t)1 << 32) - WASM_PAGE - base;
  runtime_heap = (struct runtime_heap){__heap_base, (size_t)(end - base), (size_t)most};
}

COLONY_EXPORTED("_initialize") void colony_initialize(void) {
  start_heap();
  __wasm_call_ctors();
  begin_session(&session);
}

// Returns the address for the next request. It has room for one more byte: the NUL of a string at the end of the frame.
// Frees the last call's result.
COLONY_EXPORTED("colony_request") void *colony_request(uint32_t length) {
  if (session.request != session.small_request) free(session.request);
  if (session.out.start != session.small_out) free(session.out.start);
  use_small_out(&session);
  session.request = session.small_request;
  if (length >= sizeof session.small_request) {
    session.request = length == UINT32_MAX ? NULL : malloc((size_t)length + 1);
    if (session.request == NULL) runtime_abort(COLONY_TRAP_MEMORY, "no memory for the request", "");
  }
  request_capacity = length;
  return session.request;
}

// Returns address and length of the result frame, which stays valid until the next request.
COLONY_EXPORTED("colony_serve") uint64_t colony_serve(uint32_t length) {
  if (length > request_capacity) runtime_abort(COLONY_TRAP_UNREACHABLE, "the request did not come", "");
  session.request_length = length;
  serve_frame(&session);
  struct frame result = result_frame(&session);
  return (uint64_t)(uintptr_t)result.start << 32 | result.length;
}

COLONY_EXPORTED("colony_row") void colony_row(void *row) { runtime_row(row); }
