// Plain values: what crosses without the runtime's JavaScript, in both directions, as core's codec has it.
#ifndef COLONY_ENGINE_PLAIN_H
#define COLONY_ENGINE_PLAIN_H

#include "glue.h"

// Major types, shifted as they stand in an item's first byte.
#define CBOR_UNSIGNED 0x00
#define CBOR_NEGATIVE 0x20
#define CBOR_BYTES 0x40
#define CBOR_TEXT 0x60
#define CBOR_ARRAY 0x80
#define CBOR_MAP 0xa0
#define CBOR_SIMPLE 0xe0

// A tag that no value has outside the engine's own stack.
#define NOT_PLAIN JS_VALUE(5, 0)
// Stands for a property's name for which there was no memory.
#define NO_ATOM 0

// A request's bytes, and how far they are read.
struct reader {
  const uint8_t *at, *end;
};

// Most objects of a result that are compared with each other.
#define MOST_OBJECTS 64

// The position of a result, and its limit.
struct writer {
  char *at, *end;
  // Objects seen so far: a value with the same object twice is not plain.
  uint32_t seen[MOST_OBJECTS];
  uint32_t count;
};

// --- plain_read.c
// Reads the head of an item: its major type and its number. False if the item has no definite length.
bool read_head(struct reader *reader, uint8_t *major, uint64_t *number);
bool read_bytes(struct reader *reader, uint64_t length, struct bytes *bytes);
// False, with nothing left behind and nothing pending, for what is not plain.
bool read_plain(struct reader *reader, js_value *value);

// --- plain_write.c
// False, and no code of the program has run, for a value that is not plain or too large.
bool write_plain(struct writer *writer, js_value value);
// Whether `value` is a plain object or array that has no `then`, found without running code of the program's.
bool is_without_then(js_value object);
// Whether `object` is a promise whose result is all that `await` asks of it: nothing of the program's own is in the way.
bool is_plain_promise(js_value object);
// The length of an array; 0 if the value has none.
uint32_t array_length(js_value array);
// Learns what plain objects look like; before any code of a program runs.
void know_plain(void);

// --- direct.c
void forget_exception(void);

#endif
