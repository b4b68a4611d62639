// Writes the result of a C function into a result frame.
#include "runtime.h"
#include "utf8.h"

#include <string.h>

static void put_string_result(struct cbor_writer *out, const char *text) {
  if (text == NULL) {
    cbor_put_null(out);
    return;
  }
  size_t length = strlen(text);
  if (utf8_valid_prefix((const uint8_t *)text, length) != length) {
    runtime_throw("TypeError", "the function gave a string that is not UTF-8; give colony_bytes instead", NULL);
  }
  cbor_put_text(out, text, length);
}

static void put_bytes_result(struct session *session, const uint8_t *data, size_t length) {
  struct cbor_writer *out = &session->out;
  if (data != NULL && data == session->result_buffer && length <= session->result_capacity) {
    // The bytes are already in place. Only their head is missing, which has its longest form.
    uint8_t *head = session->result_buffer - 9;
    head[0] = 0x5b;
    for (int i = 0; i < 8; i++) head[1 + i] = (uint8_t)(length >> (56 - 8 * i));
    out->at = session->result_buffer + length;
    return;
  }
  cbor_put_bytes(out, data, length);
}

// Bytes in result buffers and in the request are sent from there, not written here.
static bool in_request(const struct session *session, const uint8_t *data, size_t length) {
  uint64_t offset = (uint64_t)(uintptr_t)data - (uintptr_t)session->request;
  return offset <= session->request_length && length <= session->request_length - offset;
}

enum { SMALL_COPY = 4096, RESULT_HEAD = 2, LONGEST_HEAD = 9 };

static bool goes_in_place(const struct session *session, const uint8_t *data, size_t length) {
  return !session->batch && length > SMALL_COPY && in_request(session, data, length) &&
         data - session->request >= RESULT_HEAD + LONGEST_HEAD;
}

void write_result(struct session *session, const struct colony_export *export) {
  const struct invocation *from = &session->invocation;
  struct cbor_writer *out = &session->out;
  const uint8_t *data = (const uint8_t *)(uintptr_t)from->integer;
  char code = export->signature[0];
  if (code == 'y' && goes_in_place(session, data, from->length)) return;
  cbor_put_array(out, 2);
  cbor_put_natural(out, 0);
  double number;
  float narrow;
  switch (code) {
    case 'v': cbor_put_undefined(out); break;
    case 'b': cbor_put_bool(out, from->integer & 1); break;
    case 'c': cbor_put_integer(out, (int8_t)from->integer); break;
    case 'C': cbor_put_natural(out, (uint8_t)from->integer); break;
    case 's': cbor_put_integer(out, (int16_t)from->integer); break;
    case 'S': cbor_put_natural(out, (uint16_t)from->integer); break;
    case 'i': cbor_put_integer(out, (int32_t)from->integer); break;
    case 'I': cbor_put_natural(out, (uint32_t)from->integer); break;
    case 'l': cbor_put_integer(out, (int64_t)from->integer); break;
    case 'L': cbor_put_natural(out, from->integer); break;
    case 't': put_string_result(out, (const char *)(uintptr_t)from->integer); break;
    case 'y': put_bytes_result(session, data, from->length); break;
    case 'f':
      memcpy(&narrow, &from->vector, sizeof narrow);
      cbor_put_double(out, narrow);
      break;
    default: memcpy(&number, &from->vector, sizeof number); cbor_put_double(out, number);
  }
}

void write_result_in_place(struct session *session, const struct colony_export *export) {
  const struct invocation *from = &session->invocation;
  uint8_t *data = (uint8_t *)(uintptr_t)from->integer;
  if (export->signature[0] != 'y' || !goes_in_place(session, data, from->length)) return;
  uint8_t head[LONGEST_HEAD];
  size_t head_size = cbor_bytes_head(head, from->length);
  uint8_t *frame = data - head_size - RESULT_HEAD;
  frame[0] = 0x82;
  frame[1] = 0x00;
  memcpy(frame + RESULT_HEAD, head, head_size);
  session->in_place = frame;
  session->in_place_length = RESULT_HEAD + head_size + from->length;
}

uint8_t *colony_result_buffer(size_t len) {
  struct session *session = runtime_session;
  if (session == NULL || !session->calling) runtime_abort(COLONY_TRAP_EXIT, "colony_result_buffer outside a call", "");
  if (session->room_taken) return call_allocate(len);
  struct cbor_writer *out = &session->out;
  size_t need;
  if (session->result_buffer != NULL || __builtin_add_overflow(len, RESULT_HEAD + LONGEST_HEAD, &need)) {
    runtime_throw("RangeError", "colony_result_buffer: one buffer per call, of a sensible size", NULL);
  }
  out->at = out->start + session->row_start;
  if ((size_t)(out->end - out->at) < need && !out->more(out, need)) {
    runtime_throw("RangeError", "colony_result_buffer: no memory", NULL);
  }
  session->result_buffer = out->at + RESULT_HEAD + LONGEST_HEAD;
  session->result_capacity = len;
  return session->result_buffer;
}
