// What the parts of the C runtime know of each other.
//
//   boot -> main.c of the machine -> serve_frame (serve.c) -> arguments.c, runtime_invoke, result.c
//                                       colony_call (hypercall.c), colony_throw (throw.c) from the program
//
// What differs by machine lies in a folder of its own: native/ for x86-64, wasm32/.
#ifndef COLONY_RUNTIME_H
#define COLONY_RUNTIME_H

#include "boot/hypercall.h"
#include "cbor.h"
#include "machine.h"

#include <colony/virtine.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Calls invocation->function with the arguments that are in it, and leaves the result there.
void runtime_invoke(struct invocation *invocation);

enum { MAX_ARGUMENTS = 14 };

// A string argument needs a NUL where the next value's head is; the byte that was there comes back after the call.
struct terminator {
  uint8_t *at;
  uint8_t was;
};

// A block that lives as long as the call of an exported function.
struct call_block {
  struct call_block *next;
};

// Larger frames go to the heap. The compiler knows how large those of a virtine can be.
#ifndef COLONY_SMALL_OUT
#define COLONY_SMALL_OUT 512
#define COLONY_SMALL_REQUEST 16384
#endif

// The state between two frames. It lies on the stack beside what every call writes anyway, so that a small call
// makes one page dirty and not two.
struct session {
  uint8_t *request;  // the frame being served
  size_t request_length;
  struct cbor_writer out;
  size_t row_start;        // where in `out` the present call's result goes
  uint8_t *in_place;       // a result frame that was made inside the request, or NULL
  size_t in_place_length;
  bool calling;            // something may be thrown to `point`
  bool batch;
  struct catch_point point;
#ifndef COLONY_LEAN
  struct invocation invocation;
  struct terminator terminators[MAX_ARGUMENTS];
  size_t terminator_count;
  uint8_t *result_buffer;  // of colony_result_buffer, inside `out`
  size_t result_capacity;
  bool room_taken;         // by colony_last_room: it is inside `out`, too
#endif
  struct call_block *blocks;
  // Set with the first block: a program that has none has no code for it either.
  void (*free_blocks)(struct session *);
  uint8_t small_out[COLONY_SMALL_OUT];
  uint8_t small_request[COLONY_SMALL_REQUEST];  // last: a small request touches no other page
};

// Set once, before the first frame.
extern struct session *runtime_session;

// The heap as the host described it at entry.
struct runtime_heap {
  char *base;
  size_t size, capacity;
};
extern struct runtime_heap runtime_heap;

struct frame {
  const uint8_t *start;
  size_t length;
};

// An empty session becomes the present one.
void begin_session(struct session *session);
void use_small_out(struct session *session);
// From the request to the result.
void serve_frame(struct session *session);
struct frame result_frame(const struct session *session);

// One call of an exported function.
struct row {
  struct session *session;
  const struct colony_export *export;
  struct cbor_item *arguments;
};
// The part of it that may be thrown out of.
void runtime_row(struct row *row);
// Runs runtime_row; comes back when it ends, and when something in it throws.
void runtime_protect(struct row *row);
_Noreturn void runtime_unwind(struct catch_point *point);

// Fill the invocation from a row of arguments; throws what does not fit.
void read_arguments(struct session *session, const struct colony_export *export, struct cbor_item *row);
void restore_terminators(struct session *session);

// Writes `[0, value]`.
void write_result(struct session *session, const struct colony_export *export);
// A bytes result that is part of the request is sent from there.
void write_result_in_place(struct session *session, const struct colony_export *export);

// Ends the present call with `[1, { name, message, code? }]`; without a call, the run.
_Noreturn void runtime_throw(const char *name, const char *message, const char *code);
// The same with an error that is CBOR already.
_Noreturn void runtime_throw_encoded(const uint8_t *error, size_t length);
// Writes an error with no call to end.
void write_error(struct cbor_writer *out, const char *name, const char *message, const char *code);

// Ends the run.
_Noreturn void runtime_abort(uint64_t trap, const char *message, const char *detail);

// Memory that lives until the exported function returns.
void *call_allocate(size_t size);

// Text that is made valid UTF-8 on the way.
void put_text(struct cbor_writer *writer, const char *text, size_t length);

// A writer's way to grow: from its first buffer, which is not the heap's, into the heap.
bool grow_writer(struct cbor_writer *writer, size_t need, const uint8_t *first);

// Messages are put together without printf.
#ifdef COLONY_LEAN
enum { LONGEST_MESSAGE = 256 };  // the stack is as large as its deepest path needs, and that is an error's
#else
enum { LONGEST_MESSAGE = 512 };
#endif
struct message {
  char text[LONGEST_MESSAGE];
  size_t length;
};
void message_add(struct message *message, const char *text);
void message_add_number(struct message *message, uint64_t number);

// Present only in programs that use a libc; see libc/.
__attribute__((weak)) void libc_start(void);
__attribute__((weak)) void libc_after_call(void);

#endif
