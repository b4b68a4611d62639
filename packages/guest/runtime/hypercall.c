// colony_call: sends a request frame, receives a reply frame, and converts the values in them.
#include "memory.h"
#include "runtime.h"

#include <string.h>

// ---- Memory of the current call ----

static void free_call_blocks(struct session *session) {
  while (session->blocks != NULL) {
    struct call_block *block = session->blocks;
    session->blocks = block->next;
    frame_free(block);
  }
}

void *call_allocate(size_t size) {
  struct session *session = runtime_session;
  struct call_block *block = frame_allocate(sizeof *block + size);
  if (block == NULL) runtime_abort(COLONY_TRAP_MEMORY, "no memory for a host function's reply", "");
  block->next = session->blocks;
  session->blocks = block;
  session->free_blocks = free_call_blocks;
  return block + 1;
}

// ---- The request ----

struct request {
  struct cbor_writer out;  // first: grow_request gets a pointer to it
  uint8_t first[512];
};

static bool grow_request(struct cbor_writer *writer, size_t need) {
  return grow_writer(writer, need, ((struct request *)writer)->first);
}

static void put_value(struct cbor_writer *out, const colony_value *value) {
  switch (value->kind) {
    case COLONY_NULL: cbor_put_null(out); break;
    case COLONY_BOOL: cbor_put_bool(out, value->boolean); break;
    case COLONY_INTEGER: cbor_put_integer(out, value->integer); break;
    case COLONY_NATURAL: cbor_put_natural(out, value->natural); break;
    case COLONY_DOUBLE: cbor_put_double(out, value->number); break;
    case COLONY_STRING: put_text(out, (const char *)value->bytes.data, value->bytes.len); break;
    case COLONY_BYTES: cbor_put_bytes(out, value->bytes.data, value->bytes.len); break;
    default: cbor_put_undefined(out);
  }
}

static void put_request(struct cbor_writer *out, const char *name, const colony_value *arguments, size_t count) {
  cbor_put_array(out, 2);
  put_text(out, name, strlen(name));
  cbor_put_array(out, count);
  for (size_t i = 0; i < count; i++) put_value(out, &arguments[i]);
}

// ---- The reply ----

static colony_value value_of(const struct cbor_item *item) {
  if (item->tag != CBOR_NO_TAG && item->kind != CBOR_BYTES) return (colony_value){.kind = COLONY_OTHER};
  switch (item->kind) {
    case CBOR_NATURAL:
      return item->value > INT64_MAX ? colony_from_uint(item->value) : colony_from_int((int64_t)item->value);
    case CBOR_NEGATIVE:
      return item->value > INT64_MAX ? (colony_value){.kind = COLONY_OTHER} : colony_from_int((int64_t)~item->value);
    case CBOR_BYTES: return colony_from_bytes((colony_bytes){item->data, item->value});
    case CBOR_TEXT: return (colony_value){.kind = COLONY_STRING, .bytes = {item->data, item->value}};
    case CBOR_DOUBLE: return colony_from_double(item->number);
    case CBOR_BOOL: return colony_from_bool(item->value);
    case CBOR_NULL: return (colony_value){.kind = COLONY_NULL};
    case CBOR_UNDEFINED: return (colony_value){.kind = COLONY_UNDEFINED};
    case CBOR_ARRAY:
    case CBOR_MAP:
      return (colony_value){.kind = item->kind == CBOR_ARRAY ? COLONY_ARRAY : COLONY_OBJECT,
                            .items = item->content.at,
                            .frame = item->content.frame,
                            .end = item->content.end,
                            .count = item->value};
    default: return (colony_value){.kind = COLONY_OTHER};
  }
}

// Sends the request and returns the reply frame, which lives until the current call ends.
static struct cbor_reader exchange(const struct cbor_writer *request) {
  uint8_t small[512];
  struct colony_reply reply =
      colony_hypercall(COLONY_OP_CALL, request->start, (size_t)(request->at - request->start), small, sizeof small);
  uint8_t *bytes = call_allocate(reply.length);
  if (reply.status == COLONY_STATUS_OK) memcpy(bytes, small, reply.length);
  else reply = colony_hypercall(COLONY_OP_FETCH, NULL, 0, bytes, reply.length);
  return cbor_reader(bytes, reply.length);
}

colony_value colony_call_values(const char *name, bool *failed, const colony_value *arguments, size_t count) {
  struct request request;
  request.out = (struct cbor_writer){
      .start = request.first, .at = request.first, .end = request.first + sizeof request.first, .more = grow_request};
  put_request(&request.out, name, arguments, count);
  if (request.out.failed) runtime_abort(COLONY_TRAP_MEMORY, "no memory for the request of ", name);
  struct cbor_reader reader = exchange(&request.out);
  if (request.out.start != request.first) frame_free(request.out.start);
  struct cbor_item frame, status, value;
  if (!cbor_item(&reader, &frame) || frame.kind != CBOR_ARRAY || frame.value != 2 ||
      !cbor_item(&frame.content, &status))
    goto malformed;
  const uint8_t *start = frame.content.at;
  if (!cbor_item(&frame.content, &value)) goto malformed;
  bool error = status.value != 0;
  if (failed != NULL) *failed = error;
  else if (error) runtime_throw_encoded(start, (size_t)(frame.content.at - start));
  return value_of(&value);
malformed:
  runtime_abort(COLONY_TRAP_UNREACHABLE, "the reply is not well-formed: ", name);
}

// ---- Reading values ----

_Noreturn static void not_a(const char *expected) {
  struct message message = {.length = 0};
  message_add(&message, "the host's value is not ");
  message_add(&message, expected);
  runtime_throw("TypeError", message.text, NULL);
}

bool colony_as_bool(colony_value value) {
  if (value.kind != COLONY_BOOL) not_a("a boolean");
  return value.boolean;
}

int64_t colony_as_int(colony_value value) {
  bool in_range = value.kind == COLONY_DOUBLE && value.number >= -0x1p63 && value.number < 0x1p63;
  if (in_range && (double)(int64_t)value.number == value.number) return (int64_t)value.number;
  if (value.kind != COLONY_INTEGER) not_a("an integer of 64 bits");
  return value.integer;
}

double colony_as_double(colony_value value) {
  if (value.kind == COLONY_INTEGER) return (double)value.integer;
  if (value.kind != COLONY_DOUBLE) not_a("a number");
  return value.number;
}

const char *colony_as_string(colony_value value) {
  if (value.kind != COLONY_STRING) not_a("a string");
  char *text = call_allocate(value.bytes.len + 1);
  memcpy(text, value.bytes.data, value.bytes.len);
  text[value.bytes.len] = 0;
  return text;
}

colony_bytes colony_as_bytes(colony_value value) {
  if (value.kind != COLONY_BYTES) not_a("a Uint8Array");
  return value.bytes;
}

colony_value colony_at(colony_value array, uint64_t index) {
  struct cbor_reader reader = {array.items, array.end, array.frame};
  struct cbor_item item;
  if (array.kind != COLONY_ARRAY || index >= array.count) return (colony_value){.kind = COLONY_UNDEFINED};
  while (index-- > 0) {
    if (!cbor_skip(&reader)) return (colony_value){.kind = COLONY_UNDEFINED};
  }
  return cbor_item(&reader, &item) ? value_of(&item) : (colony_value){.kind = COLONY_UNDEFINED};
}

colony_value colony_get(colony_value object, const char *key) {
  struct cbor_item map = {.kind = CBOR_MAP, .value = object.count, .content = {object.items, object.end, object.frame}};
  struct cbor_item item;
  if (object.kind != COLONY_OBJECT || !cbor_get(&map, key, &item)) return (colony_value){.kind = COLONY_UNDEFINED};
  return value_of(&item);
}
