// Serves one request frame: finds the export, runs each row, writes the result frame.
#include "runtime.h"

#include "colony/abi.h"
#include "colony/glue.h"

#include <string.h>

// COLONY_EXPORT makes the records; the linker defines the bounds.
__attribute__((weak)) extern const struct colony_export __start_colony_exports[], __stop_colony_exports[];

static const struct colony_export *find_export(const struct cbor_item *name) {
  for (const struct colony_export *at = __start_colony_exports; at < __stop_colony_exports; at++) {
    if (cbor_is(name, at->name)) return at;
  }
  return NULL;
}

static void write_exports(struct cbor_writer *out) {
  cbor_put_array(out, 2);
  cbor_put_natural(out, 0);
  cbor_put_array(out, (uint64_t)(__stop_colony_exports - __start_colony_exports));
  for (const struct colony_export *at = __start_colony_exports; at < __stop_colony_exports; at++) {
    cbor_put_text(out, at->name, strlen(at->name));
  }
}

// Not inlined: otherwise every call would have its message on the stack.
__attribute__((noinline)) static void no_such_export(struct cbor_writer *out, const struct cbor_item *name) {
  char text[64];
  size_t length = name->value < sizeof text ? name->value : sizeof text - 1;
  memcpy(text, name->data, length);
  text[length] = 0;
  struct message message = {.length = 0};
  message_add(&message, "the program exports no function `");
  message_add(&message, text);
  message_add(&message, "`; it exports ");
  for (const struct colony_export *at = __start_colony_exports; at < __stop_colony_exports; at++) {
    message_add(&message, at == __start_colony_exports ? "" : ", ");
    message_add(&message, at->name);
  }
  write_error(out, "ColonyError", message.text, "ERR_NO_SUCH_EXPORT");
}

static void declared_row(struct row *row) {
  struct cbor_item *given = row->arguments;
  struct colony_declared call = {given->content, given->value, &row->session->out};
  if (given->kind != CBOR_ARRAY) runtime_throw("TypeError", "a row of a batch must be an array of arguments", NULL);
  ((colony_declared_thunk *)row->export->function)(&call);
}

#ifdef COLONY_LEAN  // lean images have no other exports
void runtime_row(struct row *row) {
  declared_row(row);
  if (libc_after_call != NULL) libc_after_call();
}
#else
void runtime_row(struct row *row) {
  struct session *session = row->session;
  bool declared = row->export->signature[0] == COLONY_DECLARED;
  if (declared) {
    declared_row(row);
  } else {
    read_arguments(session, row->export, row->arguments);
    runtime_invoke(&session->invocation);
  }
  if (libc_after_call != NULL) libc_after_call();
  if (declared) return;
  write_result(session, row->export);
  restore_terminators(session);
  if (!session->batch) write_result_in_place(session, row->export);
}
#endif

static void run_row(struct session *session, const struct colony_export *export, struct cbor_item *row) {
  session->row_start = (size_t)(session->out.at - session->out.start);
#ifndef COLONY_LEAN
  session->terminator_count = 0;
  session->result_buffer = NULL;
  session->room_taken = false;
#endif
  session->calling = true;
  struct row protected = {session, export, row};
  runtime_protect(&protected);
  session->calling = false;
#ifndef COLONY_LEAN
  restore_terminators(session);
#endif
  if (session->blocks != NULL) session->free_blocks(session);
}

static void run_batch(struct session *session, const struct colony_export *export, struct cbor_item *rows) {
  cbor_put_array(&session->out, 2);
  cbor_put_natural(&session->out, 0);
  cbor_put_array(&session->out, rows->value);
  for (uint64_t i = 0; i < rows->value; i++) {
    struct cbor_item row;
    if (!cbor_item(&rows->content, &row)) runtime_abort(COLONY_TRAP_UNREACHABLE, "the request is not well-formed", "");
    run_row(session, export, &row);
  }
}

void serve_frame(struct session *session) {
  session->in_place = NULL;
  struct cbor_reader reader = cbor_reader(session->request, session->request_length);
  struct cbor_item frame, kind, name, rows;
  if (!cbor_item(&reader, &frame) || frame.kind != CBOR_ARRAY || !cbor_item(&frame.content, &kind)) goto malformed;
  if (kind.value == COLONY_FRAME_LOAD) {
    write_exports(&session->out);
    return;
  }
  if (frame.value != 3 || kind.value > COLONY_FRAME_BATCH) goto malformed;
  if (!cbor_item(&frame.content, &name) || name.kind != CBOR_TEXT) goto malformed;
  if (!cbor_item(&frame.content, &rows) || rows.kind != CBOR_ARRAY) goto malformed;
  const struct colony_export *export = find_export(&name);
  session->batch = kind.value == COLONY_FRAME_BATCH;
  if (export == NULL) no_such_export(&session->out, &name);
  else if (session->batch) run_batch(session, export, &rows);
  else run_row(session, export, &rows);
  return;
malformed:
  runtime_abort(COLONY_TRAP_UNREACHABLE, "the request is not well-formed", "");
}
