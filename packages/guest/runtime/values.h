// Converts CBOR values to C values, one at a time. Types are exact: nothing is converted silently.
#ifndef COLONY_RUNTIME_VALUES_H
#define COLONY_RUNTIME_VALUES_H

#include "cbor.h"

// The place of a value, for error messages: argument `index` of the function `name`; or, inside `in`, a field with a
// name, or the item `index`.
struct colony_place {
  const struct colony_place *in;
  const char *name;
  uint64_t index;
};

_Noreturn void refuse_value(const struct colony_place *place, const char *error, const char *expected,
                            const char *found);
// Returns the name of a value's type, for a message about a wrong type.
const char *type_name(const struct cbor_item *item);

void check_count(const char *function, uint64_t wanted, uint64_t given);
bool read_bool(const struct cbor_item *item, const struct colony_place *place);
// Signed types have negative `bits`. Returns the value in two's complement of 64 bits.
uint64_t read_integer(const struct cbor_item *item, const struct colony_place *place, int bits);
double read_number(const struct cbor_item *item, const struct colony_place *place);
void check_string(const struct cbor_item *item, const struct colony_place *place);
void check_bytes(const struct cbor_item *item, const struct colony_place *place);

#endif
