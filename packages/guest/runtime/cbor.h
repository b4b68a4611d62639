// CBOR, the subset that core/src/wire/codec writes: definite lengths, 64-bit integers, floats, text, byte strings,
// arrays, maps, tags and the four simple values. Nothing here allocates or recurses, and nothing reads outside the
// bytes it was given, whatever they are.
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

// The tags of typed arrays, RFC 8746, are all from the first to the last.
enum { CBOR_FIRST_ARRAY_TAG = COLONY_TAG_UINT8_ARRAY, CBOR_LAST_ARRAY_TAG = COLONY_TAG_FLOAT128_ARRAY };
#define CBOR_NO_TAG UINT64_MAX

struct cbor_reader {
  const uint8_t *at;
  const uint8_t *end;
  const uint8_t *frame;  // where the whole message starts: what shared references count from
};

struct cbor_item {
  enum cbor_kind kind;
  bool bigint;   // CBOR_NATURAL or CBOR_NEGATIVE that was a bigint
  bool shared;   // only from cbor_item: other places of the message may stand for these same bytes
  uint64_t tag;  // outermost tag that was not resolved, or CBOR_NO_TAG
  uint64_t value;
  union {
    double number;  // of CBOR_DOUBLE
    uint64_t bits;
  };
  const uint8_t *data;
  struct cbor_reader content;  // of an array or a map: at its first item
};

static inline struct cbor_reader cbor_reader(const uint8_t *bytes, size_t length) {
  return (struct cbor_reader){bytes, bytes + length, bytes};
}

// One head, and the bytes of a string. False at malformed or missing bytes; the reader is then anywhere inside.
bool cbor_head(struct cbor_reader *reader, struct cbor_item *item);

// One whole value: bignums become integers, shared values are found again, the items of containers are skipped
// (read them through `content`).
bool cbor_item(struct cbor_reader *reader, struct cbor_item *item);

// Passes over one whole value.
bool cbor_skip(struct cbor_reader *reader);

// True for the text `literal`.
bool cbor_is(const struct cbor_item *item, const char *literal);

// Finds the value of a text key in a map read by cbor_item. False if there is none.
bool cbor_get(const struct cbor_item *map, const char *key, struct cbor_item *value);

struct cbor_writer {
  uint8_t *start;
  uint8_t *at;
  uint8_t *end;
  // Makes room for `need` more bytes after `at` (all three pointers may move); false if there is no more.
  bool (*more)(struct cbor_writer *writer, size_t need);
  bool failed;  // something did not fit: everything after it was dropped
};

// Makes room for so many bytes after `at`; false, and everything after it is dropped, where there is none.
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
// Bytes that are CBOR already.
void cbor_put_raw(struct cbor_writer *writer, const void *bytes, size_t length);

// The head of a byte string into `head` (room for 9 bytes); gives its size.
size_t cbor_bytes_head(uint8_t *head, uint64_t length);

#endif
