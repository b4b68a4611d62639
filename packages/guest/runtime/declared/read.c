// Reads values for generated code: objects, arrays, buffers, strings.
#include "colony/glue.h"

#include "runtime.h"

#include <string.h>

void colony_next(struct cbor_reader *reader, struct cbor_item *item) {
  if (!cbor_item(reader, item)) runtime_abort(COLONY_TRAP_UNREACHABLE, "the request is not well-formed", "");
}

void colony_object(const struct cbor_item *item, const struct colony_place *place) {
  if (item->kind != CBOR_MAP || item->tag != CBOR_NO_TAG)
    refuse_value(place, "TypeError", "an object", type_name(item));
}

void colony_field(const struct cbor_item *object, const struct colony_place *place, const char *name,
                  struct cbor_item *field) {
  // A missing field becomes undefined, which no type allows: the message then names the expected type.
  if (!cbor_get(object, name, field)) *field = (struct cbor_item){.kind = CBOR_UNDEFINED, .tag = CBOR_NO_TAG};
  (void)place;
}

uint64_t colony_one_of(const struct cbor_item *object, const struct colony_place *place, const char *const *names,
                       uint64_t count, struct cbor_item *value) {
  uint64_t found = 0, which = 0;
  for (uint64_t i = 0; i < count; i++) {
    struct cbor_item item;
    if (!cbor_get(object, names[i], &item) || item.kind == CBOR_UNDEFINED) continue;
    found++;
    which = i;
    *value = item;
  }
  if (found == 1) return which;
  struct message expected = {.length = 0};
  message_add(&expected, "an object with exactly one of ");
  for (uint64_t i = 0; i < count; i++) {
    message_add(&expected, i == 0 ? "" : ", ");
    message_add(&expected, names[i]);
  }
  refuse_value(place, "TypeError", expected.text, found == 0 ? "none" : "several");
}

void colony_array(const struct cbor_item *item, const struct colony_place *place, uint64_t count) {
  if (item->kind != CBOR_ARRAY || item->tag != CBOR_NO_TAG)
    refuse_value(place, "TypeError", "an array", type_name(item));
  colony_same_length(place, item->value, count);
}

void colony_same_length(const struct colony_place *place, uint64_t length, uint64_t wanted) {
  if (length == wanted) return;
  struct message expected = {.length = 0};
  message_add(&expected, "of ");
  message_add_number(&expected, wanted);
  message_add(&expected, wanted == 1 ? " item" : " items");
  struct message found = {.length = 0};
  message_add_number(&found, length);
  refuse_value(place, "RangeError", expected.text, found.text);
}

void colony_check_capacity(const struct colony_place *place, uint64_t count, uint64_t most) {
  if (count <= most) return;
  struct message expected = {.length = 0};
  message_add(&expected, "at most ");
  message_add_number(&expected, most);
  refuse_value(place, "RangeError", expected.text, NULL);
}

// RFC 8746 numbers the tags of each kind by the logarithm of the width: integers and floats both from 16 bits on.
static uint64_t array_tag(int bits, bool floats) {
  unsigned width = (unsigned)(bits < 0 ? -bits : bits), log = 0;
  while (8u << log < width) log++;
  if (floats) return COLONY_TAG_FLOAT16_ARRAY - 1 + log;
  if (log == 0) return bits < 0 ? COLONY_TAG_INT8_ARRAY : COLONY_TAG_UINT8_ARRAY;
  return (bits < 0 ? COLONY_TAG_INT16_ARRAY : COLONY_TAG_UINT16_ARRAY) - 1 + log;
}

static bool holds(const struct cbor_item *item, int bits, bool floats) {
  if (item->kind != CBOR_BYTES) return false;
  if (item->tag == array_tag(bits, floats)) return true;
  return (bits == 8 || bits == -8) &&
         (item->tag == CBOR_NO_TAG || (item->tag >= CBOR_FIRST_ARRAY_TAG && item->tag <= CBOR_LAST_ARRAY_TAG));
}

uint64_t colony_length(const struct cbor_item *item, const struct colony_place *place, int bits, bool floats) {
  if (bits != 0 && holds(item, bits, floats)) return item->value / ((unsigned)(bits < 0 ? -bits : bits) / 8);
  if (item->kind == CBOR_ARRAY && item->tag == CBOR_NO_TAG) return item->value;
  const char *wanted = bits == 0   ? "an array"
                       : bits == 8 ? "a Uint8Array or an array"
                                   : "a typed array of that type or an array";
  refuse_value(place, "TypeError", wanted, type_name(item));
}

void colony_read_integers(const struct cbor_item *item, const struct colony_place *place, int bits, void *to) {
  size_t size = (unsigned)(bits < 0 ? -bits : bits) / 8;
  if (item->kind == CBOR_BYTES) {
    memcpy(to, item->data, item->value / size * size);
    return;
  }
  struct cbor_reader items = item->content;
  uint8_t *at = to;
  for (uint64_t i = 0; i < item->value; i++, at += size) {
    struct cbor_item each;
    struct colony_place inner = {place, NULL, i};
    colony_next(&items, &each);
    uint64_t value = read_integer(&each, &inner, bits);
    memcpy(at, &value, size);  // little-endian
  }
}

void *colony_own_bytes(const struct cbor_item *item, const struct colony_place *place, int bits) {
  // Rows of a batch may share one array of arguments, and nothing inside the array shows that.
  bool alone = item->kind == CBOR_BYTES && !item->shared && !runtime_session->batch;
  if (alone) return (void *)item->data;
  void *copy = colony_room(place, item->value, 1);
  colony_read_integers(item, place, bits, copy);
  return copy;
}

const char *colony_string(const struct cbor_item *item, const struct colony_place *place) {
  check_string(item, place);
  char *text = colony_room(place, item->value + 1, 1);
  memcpy(text, item->data, item->value);
  return text;
}

static size_t room_size(const struct colony_place *place, uint64_t count, size_t size) {
  uint64_t bytes;
  if (__builtin_mul_overflow(count, (uint64_t)size, &bytes) || bytes > SIZE_MAX / 2 - 4096) {
    refuse_value(place, "RangeError", "of a size that memory could hold", NULL);
  }
  return (size_t)bytes;
}

void *colony_room(const struct colony_place *place, uint64_t count, size_t size) {
  size_t bytes = room_size(place, count, size);
  return memset(call_allocate(bytes), 0, bytes);
}

void *colony_last_room(const struct colony_place *place, uint64_t count, size_t size, size_t before) {
  struct session *session = runtime_session;
  struct cbor_writer *out = &session->out;
  size_t bytes = room_size(place, count, size);
  if (session->batch) return colony_room(place, count, size);
  size_t need = before + 15 + bytes;
  if (!cbor_room(out, need)) runtime_abort(COLONY_TRAP_MEMORY, "no memory for the result", "");
  uint8_t *room = out->at + before;
  room += -(uintptr_t)room % 16;
#ifndef COLONY_LEAN
  session->room_taken = true;
#endif
  return memset(room, 0, bytes);
}

static void put_tag(struct cbor_writer *out, int bits, bool floats) {
  if (bits == 8) return;
  uint8_t tag[2] = {0xd8, (uint8_t)array_tag(bits, floats)};
  cbor_put_raw(out, tag, sizeof tag);
}

void colony_put_items(struct cbor_writer *out, const void *items, uint64_t count, int bits, bool floats) {
  put_tag(out, bits, floats);
  cbor_put_bytes(out, items, (size_t)count * ((unsigned)(bits < 0 ? -bits : bits) / 8));
}

// Returns the lowest address that a frame ending at `data` may begin at; `data` itself if it may not be extended.
static const uint8_t *room_before(const struct session *session, const uint8_t *data) {
  const uint8_t *request = session->request, *out = session->out.at;
  if (data >= request && data <= request + session->request_length) return request;
  if (data >= out && data <= session->out.end) return session->out.start;
  return data;
}

void colony_put_last(struct cbor_writer *out, const void *items, uint64_t count, int bits, bool floats) {
  struct session *session = runtime_session;
  uint8_t *data = (uint8_t *)items, head[9];
  size_t length = (size_t)count * ((unsigned)(bits < 0 ? -bits : bits) / 8);
  put_tag(out, bits, floats);
  size_t head_size = cbor_bytes_head(head, length), used = (size_t)(out->at - out->start);
  if (session->batch || out->failed || (size_t)(data - room_before(session, data)) < used + head_size) {
    cbor_put_bytes(out, data, length);
    return;
  }
  memcpy(data - head_size, head, head_size);
  session->in_place = memmove(data - head_size - used, out->start, used);
  session->in_place_length = used + head_size + length;
}
