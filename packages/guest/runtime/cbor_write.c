#include "cbor.h"

#include <string.h>

bool cbor_room(struct cbor_writer *writer, size_t need) {
  if (writer->failed) return false;
  if ((size_t)(writer->end - writer->at) >= need) return true;
  writer->failed = writer->more == NULL || !writer->more(writer, need);
  return !writer->failed;
}

// Writes the head of a major type, into at least 9 bytes.
static size_t encode_head(uint8_t *out, unsigned major, uint64_t value) {
  unsigned first = major << 5;
  if (value < 24) {
    out[0] = (uint8_t)(first | value);
    return 1;
  }
  unsigned log = value <= 0xff ? 0 : value <= 0xffff ? 1 : value <= 0xffffffff ? 2 : 3;
  size_t size = (size_t)1 << log;
  out[0] = (uint8_t)(first | (24 + log));
  for (size_t i = 0; i < size; i++) out[1 + i] = (uint8_t)(value >> 8 * (size - 1 - i));
  return 1 + size;
}

static void put_head(struct cbor_writer *writer, unsigned major, uint64_t value) {
  if (cbor_room(writer, 9)) writer->at += encode_head(writer->at, major, value);
}

void cbor_put_raw(struct cbor_writer *writer, const void *bytes, size_t length) {
  if (length == 0 || !cbor_room(writer, length)) return;
  memmove(writer->at, bytes, length);  // the bytes may be ahead in the writer's own room: see colony_result_buffer
  writer->at += length;
}

static void put_byte(struct cbor_writer *writer, uint8_t byte) { cbor_put_raw(writer, &byte, 1); }

static void put_string(struct cbor_writer *writer, unsigned major, const void *bytes, size_t length) {
  size_t need;
  if (__builtin_add_overflow(length, 9, &need) || !cbor_room(writer, need)) {  // one request for head and bytes
    writer->failed = true;
    return;
  }
  put_head(writer, major, length);
  cbor_put_raw(writer, bytes, length);
}

void cbor_put_natural(struct cbor_writer *writer, uint64_t value) { put_head(writer, 0, value); }

void cbor_put_integer(struct cbor_writer *writer, int64_t value) {
  if (value >= 0) put_head(writer, 0, (uint64_t)value);
  else put_head(writer, 1, ~(uint64_t)value);
}

void cbor_put_bool(struct cbor_writer *writer, bool value) { put_byte(writer, value ? 0xf5 : 0xf4); }
void cbor_put_null(struct cbor_writer *writer) { put_byte(writer, 0xf6); }
void cbor_put_undefined(struct cbor_writer *writer) { put_byte(writer, 0xf7); }
void cbor_put_bytes(struct cbor_writer *writer, const void *bytes, size_t length) {
  put_string(writer, 2, bytes, length);
}
void cbor_put_text(struct cbor_writer *writer, const char *text, size_t length) { put_string(writer, 3, text, length); }
void cbor_put_array(struct cbor_writer *writer, uint64_t count) { put_head(writer, 4, count); }
void cbor_put_map(struct cbor_writer *writer, uint64_t count) { put_head(writer, 5, count); }

size_t cbor_bytes_head(uint8_t *head, uint64_t length) { return encode_head(head, 2, length); }
