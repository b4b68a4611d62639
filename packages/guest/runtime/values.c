#include "values.h"

#include "runtime.h"

#include <string.h>

const char *type_name(const struct cbor_item *item) {
  static const char *const names[] = {"a number", "a number", "a Uint8Array", "a string", "an array",  "an object",
                                      "",         "a number", "a boolean",    "null",     "undefined", "a bigint"};
  if (item->bigint) return "a bigint";
  if (item->tag != CBOR_NO_TAG) return item->kind == CBOR_BYTES ? "a typed array" : "another kind of object";
  return names[item->kind];
}

// The innermost place links to the outer ones. Prints the outermost first, without recursion, so that the stack has a
// bound.
static void add_place(struct message *message, const struct colony_place *place) {
  unsigned depth = 0;
  for (const struct colony_place *at = place; at != NULL; at = at->in) depth++;
  for (; depth > 0; depth--) {
    const struct colony_place *at = place;
    for (unsigned up = 1; up < depth; up++) at = at->in;
    if (at->in == NULL) {
      message_add(message, at->name);
      message_add(message, ": argument ");
      message_add_number(message, at->index);
    } else if (at->name != NULL) {
      message_add(message, ".");
      message_add(message, at->name);
    } else {
      message_add(message, "[");
      message_add_number(message, at->index);
      message_add(message, "]");
    }
  }
}

_Noreturn void refuse_value(const struct colony_place *place, const char *error, const char *expected,
                            const char *found) {
  struct message message = {.length = 0};
  add_place(&message, place);
  message_add(&message, " must be ");
  message_add(&message, expected);
  message_add(&message, found != NULL ? ", not " : "");
  message_add(&message, found != NULL ? found : "");
  runtime_throw(error, message.text, NULL);
}

void check_count(const char *function, uint64_t wanted, uint64_t given) {
  if (given == wanted) return;
  struct message message = {.length = 0};
  message_add(&message, function);
  message_add(&message, " takes ");
  message_add_number(&message, wanted);
  message_add(&message, wanted == 1 ? " argument, not " : " arguments, not ");
  message_add_number(&message, given);
  runtime_throw("TypeError", message.text, NULL);
}

bool read_bool(const struct cbor_item *item, const struct colony_place *place) {
  if (item->kind != CBOR_BOOL || item->tag != CBOR_NO_TAG)
    refuse_value(place, "TypeError", "a boolean", type_name(item));
  return item->value;
}

// Every natural number of at most this many bits is a safe integer of JavaScript; larger ones come as bigints.
enum { SAFE = 53 };

_Noreturn static void refuse_range(const struct colony_place *place, int bits) {
  struct message expected = {.length = 0};
  unsigned width = (unsigned)(bits < 0 ? -bits : bits);
  message_add(&expected, bits < 0 ? "an integer of " : "a natural number of ");
  message_add_number(&expected, width);
  message_add(&expected, width > SAFE ? " bits (a safe integer or a bigint)" : " bits");
  refuse_value(place, "RangeError", expected.text, NULL);
}

uint64_t read_integer(const struct cbor_item *item, const struct colony_place *place, int bits) {
  unsigned width = (unsigned)(bits < 0 ? -bits : bits);
  bool negative = item->kind == CBOR_NEGATIVE;
  if (item->bigint && width <= SAFE) refuse_value(place, "TypeError", "a number", "a bigint");
  if (item->kind == CBOR_DOUBLE && item->tag == CBOR_NO_TAG) {
    // A safe integer comes as a CBOR integer, except -0. The remaining doubles are fractions, NaN, and inexact numbers.
    if (item->bits << 1 != 0) refuse_range(place, bits);
    return 0;
  }
  if (item->kind == CBOR_BIGNUM) refuse_range(place, bits);
  if ((item->kind != CBOR_NATURAL && !negative) || item->tag != CBOR_NO_TAG) {
    refuse_value(place, "TypeError", width > SAFE ? "a number or a bigint" : "a number", type_name(item));
  }
  // A negative number is -1 - value, so both signs have the same bound.
  uint64_t most = ~(uint64_t)0 >> (64 - width) >> (bits < 0);
  if (item->value > most || (negative && bits > 0)) refuse_range(place, bits);
  return negative ? ~item->value : item->value;
}

void check_string(const struct cbor_item *item, const struct colony_place *place) {
  if (item->kind != CBOR_TEXT || item->tag != CBOR_NO_TAG)
    refuse_value(place, "TypeError", "a string", type_name(item));
  if (memchr(item->data, 0, item->value) != NULL)
    refuse_value(place, "TypeError", "a string without NUL characters", NULL);
}

void check_bytes(const struct cbor_item *item, const struct colony_place *place) {
  bool typed_array = item->tag >= CBOR_FIRST_ARRAY_TAG && item->tag <= CBOR_LAST_ARRAY_TAG;
  if (item->kind == CBOR_BYTES && (item->tag == CBOR_NO_TAG || typed_array)) return;
  refuse_value(place, "TypeError", "a Uint8Array", type_name(item));
}
