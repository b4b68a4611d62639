// Converts a row of CBOR values to the arguments of a C function. Types are exact: nothing is converted silently.
#include "runtime.h"
#include "values.h"

#include <string.h>

static uint64_t floating(const struct colony_place *place, char code, const struct cbor_item *item) {
  double number = read_number(item, place);
  uint64_t bits = 0;
  float narrow = (float)number;
  if (code == 'f') memcpy(&bits, &narrow, sizeof narrow);
  else memcpy(&bits, &number, sizeof number);
  return bits;
}

static uint64_t string(struct session *session, const struct colony_place *place, const struct cbor_item *item) {
  check_string(item, place);
  uint8_t *end = (uint8_t *)item->data + item->value;
  session->terminators[session->terminator_count++] = (struct terminator){end, 0};
  return (uintptr_t)item->data;
}

// Runs after all arguments are read, because each NUL replaces the head of the next value.
static void put_terminators(struct session *session) {
  for (size_t i = 0; i < session->terminator_count; i++) {
    struct terminator *terminator = &session->terminators[i];
    terminator->was = *terminator->at;
    *terminator->at = 0;
  }
}

// Goes backwards: two terminators may have the same place, when an array of arguments refers to one string twice.
void restore_terminators(struct session *session) {
  while (session->terminator_count > 0) {
    struct terminator *terminator = &session->terminators[--session->terminator_count];
    *terminator->at = terminator->was;
  }
}

// Returns the bits of an integer's letter in a signature, negative if the type is signed.
static int bits_of(char code) {
  switch (code) {
    case 'c': return -8;
    case 'C': return 8;
    case 's': return -16;
    case 'S': return 16;
    case 'i': return -32;
    case 'I': return 32;
    case 'l': return -64;
    default: return 64;
  }
}

static void read_argument(struct session *session, const struct colony_place *place, const struct cbor_item *item,
                          char code) {
  struct invocation *to = &session->invocation;
  switch (code) {
    case 'f':
    case 'd': put_vector(to, floating(place, code, item)); break;
    case 'b': put_integer(to, read_bool(item, place)); break;
    case 't': put_integer(to, string(session, place, item)); break;
    case 'y':
      check_bytes(item, place);
      put_buffer(to, item->data, item->value);
      break;
    default: put_integer(to, read_integer(item, place, bits_of(code)));
  }
}

void read_arguments(struct session *session, const struct colony_export *export, struct cbor_item *row) {
  if (row->kind != CBOR_ARRAY) runtime_throw("TypeError", "a row of a batch must be an array of arguments", NULL);
  check_count(export->name, strlen(export->signature + 1), row->value);
  session->invocation = invocation_of(export);
  for (unsigned i = 0; i < row->value; i++) {
    struct cbor_item item;
    struct colony_place place = {NULL, export->name, i + 1};
    if (!cbor_item(&row->content, &item)) runtime_abort(COLONY_TRAP_UNREACHABLE, "the request is not well-formed", "");
    read_argument(session, &place, &item, export->signature[1 + i]);
  }
  put_terminators(session);
}
