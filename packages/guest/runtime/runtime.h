// The interface between the parts of the C runtime.
//
//   boot -> main.c of the machine -> serve_frame (serve.c) -> arguments.c, runtime_invoke, result.c
//                                       colony_call (hypercall.c), colony_throw (throw.c) from the program
//
// Code that differs by machine is in a folder for each: native/ for x86-64, wasm32/.
#ifndef COLONY_RUNTIME_H
#define COLONY_RUNTIME_H

#include "boot/hypercall.h"
#include "cbor.h"
#include "machine.h"

#include <colony/virtine.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Calls invocation->function with the arguments in it, and stores the result there.
void runtime_invoke(struct invocation *invocation);

enum { MAX_ARGUMENTS = 14 };

// A string argument needs a NUL in place of the next value's head. The byte is restored after the call.
struct terminator {
  uint8_t *at;
  uint8_t was;
};

// A block that lives until the exported function returns.
struct call_block {
  struct call_block *next;
};

// Larger frames go to the heap. The compiler bounds the frames of a virtine and sets these sizes.
#ifndef COLONY_SMALL_OUT
#define COLONY_SMALL_OUT 512
#define COLONY_SMALL_REQUEST 16384
#endif

// The state between two frames. It is on the stack, beside data that every call writes anyway, so that a small call
// makes one page dirty and not two.
struct session {
  uint8_t *request;  // the frame being served
  size_t request_length;
  struct cbor_writer out;
  size_t row_start;   // offset of the current call's result in `out`
  uint8_t *in_place;  // a result frame that was made inside the request, or NULL
  size_t in_place_length;
  bool calling;  // code may throw to `point`
  bool batch;
  struct catch_point point;
#ifndef COLONY_LEAN
  struct invocation invocation;
  struct terminator terminators[MAX_ARGUMENTS];
  size_t terminator_count;
  uint8_t *result_buffer;  // from colony_result_buffer, inside `out`
  size_t result_capacity;
  bool room_taken;  // colony_last_room was called: its memory is inside `out`, too
#endif
  struct call_block *blocks;
  // Set with the first block, so that a program without blocks links no code for them.
  void (*free_blocks)(struct session *);
  uint8_t small_out[COLONY_SMALL_OUT];
  uint8_t small_request[COLONY_SMALL_REQUEST];  // last, so that a small request touches no other page
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

// Makes an empty session the current one.
void begin_session(struct session *session);
void use_small_out(struct session *session);
// Serves the request and writes the result.
void serve_frame(struct session *session);
struct frame result_frame(const struct session *session);

// One call of an exported function.
struct row {
  struct session *session;
  const struct colony_export *export;
  struct cbor_item *arguments;
};
// The part of a call that may throw.
void runtime_row(struct row *row);
// Runs runtime_row. Returns when it ends or throws.
void runtime_protect(struct row *row);
_Noreturn void runtime_unwind(struct catch_point *point);

// Fills the invocation from a row of arguments. Throws for a wrong number or type.
void read_arguments(struct session *session, const struct colony_export *export, struct cbor_item *row);
void restore_terminators(struct session *session);

// Writes `[0, value]`.
void write_result(struct session *session, const struct colony_export *export);
// Sends a bytes result that is part of the request from its place there.
void write_result_in_place(struct session *session, const struct colony_export *export);

// Ends the current call with `[1, { name, message, code? }]`; outside of a call, ends the run.
_Noreturn void runtime_throw(const char *name, const char *message, const char *code);
// The same with an error that is already CBOR.
_Noreturn void runtime_throw_encoded(const uint8_t *error, size_t length);
// Writes an error without ending a call.
void write_error(struct cbor_writer *out, const char *name, const char *message, const char *code);

// Ends the run.
_Noreturn void runtime_abort(uint64_t trap, const char *message, const char *detail);

// Writes text, and replaces invalid UTF-8 in it.
void *call_allocate(size_t size);

// Grows a writer: from its first buffer, which is not in the heap, into the heap.
void put_text(struct cbor_writer *writer, const char *text, size_t length);

// Messages are built without printf.
bool grow_writer(struct cbor_writer *writer, size_t need, const uint8_t *first);

// Messages are put together without printf.
#ifdef COLONY_LEAN
enum { LONGEST_MESSAGE = 256 };  // the deepest path bounds the stack, and it is an error's
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
