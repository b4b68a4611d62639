// CBOR, the subset that core/src/wire/codec writes: definite lengths, 64-bit integers, floats, text, byte strings,
// arrays, maps, tags and the four simple values. No function here allocates, recurses, or reads outside the given
// bytes, whatever they contain.
#ifndef COLONY_RUNTIME_CBOR_H
#define COLONY_RUNTIME_CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "colony/abi.h"

enum cbor_kind {
  CBOR_NATURAL,   // value
  CBOR_NEGATIVE,  // -1 - value
  CBOR_BYTES,     // data, value bytes
  CBOR_TEXT,      // data, value bytes, not checked to be UTF-8
  CBOR_ARRAY,     // value items follow
  CBOR_MAP,       // value pairs follow
  CBOR_TAG,       // only from cbor_head: the tagged item follows
  CBOR_DOUBLE,    // number
  CBOR_BOOL,      // value
  CBOR_NULL,
  CBOR_UNDEFINED,
  CBOR_BIGNUM,  // only from cbor_item: a bigint of more than 64 bits
};

// The tags of typed arrays in RFC 8746 have consecutive numbers.
enum { CBOR_FIRST_ARRAY_TAG = COLONY_TAG_UINT8_ARRAY, CBOR_LAST_ARRAY_TAG = COLONY_TAG_FLOAT128_ARRAY };
#define CBOR_NO_TAG UINT64_MAX

struct cbor_reader {
  const uint8_t *at;
  const uint8_t *end;
  const uint8_t *frame;  // start of the message: shared references count from it
};

struct cbor_item {
  enum cbor_kind kind;
  bool bigint;   // a bigint, encoded as CBOR_NATURAL or CBOR_NEGATIVE
  bool shared;   // only from cbor_item: other places of the message may refer to the same bytes
  uint64_t tag;  // outermost unresolved tag, or CBOR_NO_TAG
  uint64_t value;
  union {
    double number;  // for CBOR_DOUBLE
    uint64_t bits;
  };
  const uint8_t *data;
  struct cbor_reader content;  // for an array or a map: at its first item
};

static inline struct cbor_reader cbor_reader(const uint8_t *bytes, size_t length) {
  return (struct cbor_reader){bytes, bytes + length, bytes};
}

// Reads one head, and the bytes of a string. Returns false for malformed or missing bytes, which leave the reader
// anywhere inside.
bool cbor_head(struct cbor_reader *reader, struct cbor_item *item);

// Reads one whole value. It turns bignums into integers, resolves shared values, and skips the items of containers
// (read them through `content`).
bool cbor_item(struct cbor_reader *reader, struct cbor_item *item);

// Skips one whole value.
bool cbor_skip(struct cbor_reader *reader);

// True if the item is the text `literal`.
bool cbor_is(const struct cbor_item *item, const char *literal);

// Finds the value of a text key in a map read by cbor_item. Returns false if the key is missing.
bool cbor_get(const struct cbor_item *map, const char *key, struct cbor_item *value);

struct cbor_writer {
  uint8_t *start;
  uint8_t *at;
  uint8_t *end;
  // Makes room for `need` more bytes after `at`, which may move all three pointers. Returns false if that fails.
  bool (*more)(struct cbor_writer *writer, size_t need);
  bool failed;  // something did not fit, and everything after it was dropped
};

// Makes room for `need` bytes after `at`. If that fails, returns false, and everything written later is dropped.
bool cbor_room(struct cbor_writer *writer, size_t need);
void cbor_put_natural(struct cbor_writer *writer, uint64_t value);
void cbor_put_integer(struct cbor_writer *writer, int64_t value);
void cbor_put_double(struct cbor_writer *writer, double value);
void cbor_put_bool(struct cbor_writer *writer, bool value);
void cbor_put_null(struct cbor_writer *writer);
void cbor_put_undefined(struct cbor_writer *writer);
void cbor_put_bytes(struct cbor_writer *writer, const void *bytes, size_t length);
void cbor_put_text(struct cbor_writer *writer, const char *text, size_t length);
void cbor_put_array(struct cbor_writer *writer, uint64_t count);
void cbor_put_map(struct cbor_writer *writer, uint64_t count);
// Writes bytes that are already CBOR.
void cbor_put_raw(struct cbor_writer *writer, const void *bytes, size_t length);

// Writes the head of a byte string to `head` (room for 9 bytes) and returns its size.
size_t cbor_bytes_head(uint8_t *head, uint64_t length);

#endif
