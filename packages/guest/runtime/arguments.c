// From a row of CBOR values to the arguments of a C function. Types are exact: nothing is converted silently.
#include "runtime.h"

#include <string.h>

static const double kMostSafe = 9007199254740991;  // 2^53 - 1

struct integer_type {
  char code;
  bool is_signed;
  uint8_t bits;
};

static const struct integer_type integer_types[] = {
    {'c', true, 8},  {'C', false, 8},  {'s', true, 16}, {'S', false, 16},
    {'i', true, 32}, {'I', false, 32}, {'l', true, 64}, {'L', false, 64},
};

static const struct integer_type *integer_type(char code) {
  for (size_t i = 0; i < sizeof integer_types / sizeof *integer_types; i++) {
    if (integer_types[i].code == code) return &integer_types[i];
  }
  return NULL;
}

static const char *type_name(const struct cbor_item *item) {
  static const char *const names[] = {"a number", "a number", "a Uint8Array", "a string", "an array",  "an object", "",
                                      "a number", "a boolean", "null",        "undefined", "a bigint"};
  if (item->bigint) return "a bigint";
  if (item->tag != CBOR_NO_TAG) return item->kind == CBOR_BYTES ? "a typed array" : "another kind of object";
  return names[item->kind];
}

// What an argument had to be, and where it stands: for error messages.
struct place {
  const struct colony_export *export;
  unsigned number;  // from 1
};

_Noreturn static void refuse(const struct place *place, const char *error, const char *expected, const char *found) {
  struct message message = {.length = 0};
  message_add(&message, place->export->name);
  message_add(&message, ": argument ");
  message_add_number(&message, place->number);
  message_add(&message, " must be ");
  message_add(&message, expected);
  message_add(&message, found != NULL ? ", not " : "");
  message_add(&message, found != NULL ? found : "");
  runtime_throw(error, message.text, NULL);
}

_Noreturn static void refuse_range(const struct place *place, const struct integer_type *type) {
  struct message expected = {.length = 0};
  message_add(&expected, type->is_signed ? "an integer of " : "a natural number of ");
  message_add_number(&expected, type->bits);
  message_add(&expected, type->bits == 64 ? " bits (a safe integer or a bigint)" : " bits");
  refuse(place, "RangeError", expected.text, NULL);
}

static uint64_t integer(const struct place *place, const struct integer_type *type, const struct cbor_item *item) {
  bool negative = item->kind == CBOR_NEGATIVE;
  uint64_t value = item->value;
  if (item->bigint && type->bits != 64) refuse(place, "TypeError", "a number", "a bigint");
  if (item->kind == CBOR_DOUBLE && item->tag == CBOR_NO_TAG) {
    // A safe integer comes as an integer, but for -0; the rest are fractions, NaN, and numbers that are not exact.
    double number = item->number;
    if (!(number >= -kMostSafe && number <= kMostSafe) || (double)(int64_t)number != number) refuse_range(place, type);
    negative = number < 0;
    value = negative ? ~(uint64_t)(int64_t)number : (uint64_t)number;
  } else if (item->kind == CBOR_BIGNUM) {
    refuse_range(place, type);
  } else if ((item->kind != CBOR_NATURAL && !negative) || item->tag != CBOR_NO_TAG) {
    refuse(place, "TypeError", type->bits == 64 ? "a number or a bigint" : "a number", type_name(item));
  }
  // A negative number is -1 - value, so both signs have the same bound.
  uint64_t most = ~(uint64_t)0 >> (64 - type->bits + type->is_signed);
  if (value > most || (negative && !type->is_signed)) refuse_range(place, type);
  return negative ? ~value : value;
}

static uint64_t floating(const struct place *place, char code, const struct cbor_item *item) {
  double number = item->number;
  if (item->kind == CBOR_NATURAL) number = (double)item->value;
  else if (item->kind == CBOR_NEGATIVE) number = -1 - (double)item->value;
  else if (item->kind != CBOR_DOUBLE) refuse(place, "TypeError", "a number", type_name(item));
  if (item->bigint || item->tag != CBOR_NO_TAG) refuse(place, "TypeError", "a number", type_name(item));
  uint64_t bits = 0;
  float narrow = (float)number;
  if (code == 'f') memcpy(&bits, &narrow, sizeof narrow);
  else memcpy(&bits, &number, sizeof number);
  return bits;
}

static uint64_t string(struct session *session, const struct place *place, const struct cbor_item *item) {
  if (item->kind != CBOR_TEXT || item->tag != CBOR_NO_TAG) refuse(place, "TypeError", "a string", type_name(item));
  if (memchr(item->data, 0, item->value) != NULL) refuse(place, "TypeError", "a string without NUL characters", NULL);
  uint8_t *end = (uint8_t *)item->data + item->value;
  session->terminators[session->terminator_count++] = (struct terminator){end, 0};
  return (uintptr_t)item->data;
}

static bool is_bytes(const struct cbor_item *item) {
  bool typed_array = item->tag >= CBOR_TAG_TYPED_ARRAY_FIRST && item->tag <= CBOR_TAG_TYPED_ARRAY_LAST;
  return item->kind == CBOR_BYTES && (item->tag == CBOR_NO_TAG || typed_array);
}

static void check_count(const struct colony_export *export, uint64_t given) {
  size_t wanted = strlen(export->signature + 1);
  if (given == wanted) return;
  struct message message = {.length = 0};
  message_add(&message, export->name);
  message_add(&message, " takes ");
  message_add_number(&message, wanted);
  message_add(&message, wanted == 1 ? " argument, not " : " arguments, not ");
  message_add_number(&message, given);
  runtime_throw("TypeError", message.text, NULL);
}

// Only when all arguments are read: a NUL goes where the next one's head was.
static void put_terminators(struct session *session) {
  for (size_t i = 0; i < session->terminator_count; i++) {
    struct terminator *terminator = &session->terminators[i];
    terminator->was = *terminator->at;
    *terminator->at = 0;
  }
}

// Backwards: two may be at the same place, when an array of arguments refers to one string twice.
void restore_terminators(struct session *session) {
  while (session->terminator_count > 0) {
    struct terminator *terminator = &session->terminators[--session->terminator_count];
    *terminator->at = terminator->was;
  }
}

static void read_argument(struct session *session, const struct place *place, const struct cbor_item *item, char code) {
  struct invocation *to = &session->invocation;
  switch (code) {
    case 'f':
    case 'd':
      put_vector(to, floating(place, code, item));
      break;
    case 'b':
      if (item->kind != CBOR_BOOL) refuse(place, "TypeError", "a boolean", type_name(item));
      put_integer(to, item->value);
      break;
    case 't':
      put_integer(to, string(session, place, item));
      break;
    case 'y':
      if (!is_bytes(item)) refuse(place, "TypeError", "a Uint8Array", type_name(item));
      put_buffer(to, item->data, item->value);
      break;
    default:
      put_integer(to, integer(place, integer_type(code), item));
  }
}

void read_arguments(struct session *session, const struct colony_export *export, struct cbor_item *row) {
  if (row->kind != CBOR_ARRAY) runtime_throw("TypeError", "a row of a batch must be an array of arguments", NULL);
  check_count(export, row->value);
  session->invocation = invocation_of(export);
  for (unsigned i = 0; i < row->value; i++) {
    struct cbor_item item;
    struct place place = {export, i + 1};
    if (!cbor_item(&row->content, &item)) runtime_abort(COLONY_TRAP_UNREACHABLE, "the request is not well-formed", "");
    read_argument(session, &place, &item, export->signature[1 + i]);
  }
  put_terminators(session);
}
